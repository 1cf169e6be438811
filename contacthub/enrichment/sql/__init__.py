"""Set-based statements about lists: taking rows in, and answering them."""

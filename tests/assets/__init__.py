"""What `make check` knows of styles: each class has one, each style a class, and static/dist is made of them."""

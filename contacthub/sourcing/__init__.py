"""Rows received from connected vendors: their searches page by page (`live`), and their bulk jobs (`bulk`)."""

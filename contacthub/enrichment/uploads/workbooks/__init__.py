"""Read XLSX workbooks (ECMA-376 part 1) row by row, in a process of their own.

Why not a library: those that are fast build the whole sheet as a rectangle and give numbers without their format, so
that 00123 comes as 123 and 12345678901234567890 as a float. Here the format is applied, and whatever a file can make
large is bounded while it is read.
"""

"""What `make check-infra` proves of infra/: one module for each kind of file.

A check takes the folder of the project and yields problems; `CHECKS` in `__main__` lists them. The
folder is a parameter so that a test can plant a mistake in a copy and see it caught.
"""

import sys

sys.exit("this is the command line")

"""The commands of `lobby`, one file each: parse, call, print."""

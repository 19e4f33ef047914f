"""What lives inside the cell with the snippet. The runner trusts nothing of it: it shares a process with the code."""

"""What `course.py experiments` does: runs the files in experiments/ and keeps their tables.

declare.py reads what an experiment says of itself, reach.py finds the code on which its runs rest,
arrays.py the data; worker.py makes runs in a process of its own, running.py keeps them in a table,
checking.py says whether a stored table still holds, page.py lists all in experiments/README.md.
"""

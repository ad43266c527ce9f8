"""CPython's bytecode → IR: framed functions, which work on objects in the interpreter's own frame.

Whatever a function does with objects, CPython's compiler has already said in which order, and what happens where something
fails. So its bytecode is the source here: every instruction becomes the operation on objects that it stands for.
"""

"""Reading the files people send, in a process that `client.ProcessSheetReader` starts and kills.

Nothing is loaded here: the process would load it too, each time.
"""

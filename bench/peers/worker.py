"""How a peer is driven: it is started once, loads and compiles outside the measurement, and then answers one request a line.

A request is {"do": NAME, ...arguments}, the answer one JSON object; a run's answer carries "seconds", the time of the work
alone. What a peer prints by itself goes to stderr, so that stdout stays a conversation.
"""
import json
import os
import resource
import sys
import traceback


def peak_rss_mb():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def serve(version, handlers):
    talk = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    talk.write(json.dumps({"version": version, "python": sys.version.split()[0]}) + "\n")
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = handlers[request.pop("do")](**request)
        except Exception as error:  # the harness prints it and goes on with the next row
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        talk.write(json.dumps(answer) + "\n")

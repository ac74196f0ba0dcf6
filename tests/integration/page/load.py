#!/usr/bin/env python3
"""Asks a web server of HOST:PORT again and again over four connections, until it is ended."""
import http.client
import sys
import threading


def ask(address):
    while True:
        try:
            connection = http.client.HTTPConnection(address, timeout=30)
            while True:
                connection.request("GET", "/")
                connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            continue


for _ in range(4):
    threading.Thread(target=ask, args=(sys.argv[1],), daemon=True).start()
threading.Event().wait()

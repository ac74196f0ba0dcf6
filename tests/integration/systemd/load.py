# Clients that connect again and again, send one request, and read its answer to the end of the connection.
#   load.py PORT KIND REPORT     KIND: echo or redis. Runs until SIGTERM, then writes {"answered", "refused", "lost"}
# to the file REPORT: refused are connects that failed, lost are connections without the whole answer, each as a list of
# what happened.
import json
import signal
import socket
import sys
import threading

port, kind, report = int(sys.argv[1]), sys.argv[2], sys.argv[3]
PATIENCE_S = 60
CLIENTS = 8
stop = threading.Event()
lock = threading.Lock()
seen = {"answered": 0, "refused": [], "lost": []}


def request(client, turn):
    if kind == "redis":
        return b"PING\r\n", b"+PONG\r\n"
    text = b"client %d turn %d\n" % (client, turn)
    return text, text


def once(client, turn):
    asked, expected = request(client, turn)
    try:
        link = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
    except OSError as why:
        return "refused", str(why)
    got = b""
    try:
        with link:
            link.sendall(asked)
            if kind == "echo":
                link.shutdown(socket.SHUT_WR)
            while got != expected:
                more = link.recv(4096)
                if not more:
                    break
                got += more
    except OSError as why:
        return "lost", str(why)
    return ("answered", "") if got == expected else ("lost", repr(got))


def run(client):
    turn = 0
    while not stop.is_set():
        turn += 1
        what, why = once(client, turn)
        with lock:
            if what == "answered":
                seen["answered"] += 1
            else:
                seen[what].append(why)


signal.signal(signal.SIGTERM, lambda *_: stop.set())
threads = [threading.Thread(target=run, args=(n,)) for n in range(CLIENTS)]
for each in threads:
    each.start()
while not stop.wait(0.05):
    with lock, open(report + ".now", "w") as out:  # for who waits until it has begun
        out.write(str(seen["answered"]))
for each in threads:
    each.join()
with open(report, "w") as out:
    json.dump(seen, out)

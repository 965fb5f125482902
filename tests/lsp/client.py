"""A client of the Language Server Protocol: messages over the pipes of a server that runs as editors start it."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from queue import Empty, Queue

PATIENCE = 30


class Client:
    def __init__(self, folder, capabilities=None, start=True):
        self.folder = folder
        command = [sys.executable, "-m", "mscnet", "lsp"]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder
        )
        self.answers, self.notes, self.number = {}, Queue(), 0
        self.arrived = threading.Condition()
        self.errors = []
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._overhear, daemon=True).start()
        self.capabilities = None
        if start:
            params = {"processId": os.getpid(), "rootUri": folder.as_uri(), "capabilities": capabilities or {}}
            self.capabilities = self.ask("initialize", params)["capabilities"]
            self.tell("initialized", {})

    def _overhear(self):
        for line in self.process.stderr:
            self.errors.append(line.decode("utf-8", "replace"))

    def _listen(self):
        stream = self.process.stdout
        while True:
            size = None
            while line := stream.readline().strip():
                if line.lower().startswith(b"content-length:"):
                    size = int(line.split(b":")[1])
            if size is None:
                break
            message = json.loads(stream.read(size))
            if "id" in message and "method" not in message:
                with self.arrived:
                    self.answers[message["id"]] = message
                    self.arrived.notify_all()
            else:
                self.notes.put(message)

    def send(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def post(self, **message):
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.send(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def tell(self, method, params):
        self.post(method=method, params=params)

    def begin(self, method, params):
        self.number += 1
        self.post(id=self.number, method=method, params=params)
        return self.number

    def answer(self, number):
        with self.arrived:
            assert self.arrived.wait_for(lambda: number in self.answers, PATIENCE), "".join(self.errors)[-3000:]
            return self.answers[number]

    def ask(self, method, params):
        message = self.answer(self.begin(method, params))
        assert "error" not in message, message["error"]
        return message["result"]

    def refused(self, method, params):
        return self.answer(self.begin(method, params))["error"]

    # --- documents ---

    def uri(self, name):
        return (self.folder / name).as_uri()

    def open(self, name, text, version=1):
        item = {"uri": self.uri(name), "languageId": "mech", "version": version, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": item})
        return self.uri(name)

    def change(self, name, version, *changes):
        document = {"uri": self.uri(name), "version": version}
        self.tell("textDocument/didChange", {"textDocument": document, "contentChanges": list(changes)})

    def findings(self, name, version=None):
        """The next diagnostics of a file, of `version` where one is given."""
        while True:
            try:
                params = self.notes.get(timeout=PATIENCE).get("params", {})
            except Empty:
                raise AssertionError("".join(self.errors)[-3000:]) from None
            if params.get("uri") == self.uri(name) and version in (None, params.get("version")):
                return params["diagnostics"]

    def at(self, name, text, mark, behind=0, line_encoding="utf-16-le"):
        """The parameters of a request about the place of `mark` in `text`, or so many letters behind its start."""
        offset = text.index(mark) + behind
        before = text[:offset].split("\n")
        character = len(before[-1].encode(line_encoding)) // 2
        return {
            "textDocument": {"uri": self.uri(name)},
            "position": {"line": len(before) - 1, "character": character},
        }

    def end(self):
        """Say shutdown and exit; the exit code."""
        self.ask("shutdown", None)
        self.tell("exit", None)
        return self.process.wait(PATIENCE)

    def kill(self):
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError):
                stream.close()

"""`stom condition lsp` over a real pipe: what an editor says and is told, and how the program ends. Also how long the first
error of a long text takes (STOM_LSP_MS, in milliseconds, is the most; not given: it is only printed)."""

import json
import os
import subprocess
import sys
import time

PROGRAM = os.environ.get("STOM_PROGRAM", "build/asan/bin/stom")


class Editor:
    def __init__(self, *words):
        self.program = subprocess.Popen([PROGRAM, "condition", "lsp", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        self.last = 0

    def write(self, raw):
        self.program.stdin.write(raw)
        self.program.stdin.flush()

    def send(self, **message):
        body = json.dumps({"jsonrpc": "2.0", **message}, ensure_ascii=False).encode()
        self.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def read(self):
        length = None
        while (line := self.program.stdout.readline()) != b"\r\n":
            assert line, "the program ended"
            name, _, value = line.decode().partition(":")
            if name.lower() == "content-length":
                length = int(value)
        return json.loads(self.program.stdout.read(length))

    def ask(self, method, **params):
        self.last += 1
        self.send(id=self.last, method=method, params=params)
        answer = self.read()
        assert answer["id"] == self.last, answer
        return answer.get("result") if "error" not in answer else answer["error"]

    def tell(self, method, **params):
        self.send(method=method, params=params)

    def open(self, uri, text):
        self.tell("textDocument/didOpen", textDocument={"uri": uri, "languageId": "stom", "version": 1, "text": text})
        return self.read()["params"]["diagnostics"]

    def end(self):
        self.program.stdin.close()
        return self.program.wait(timeout=30), self.program.stderr.read().decode()


def same(got, wanted, what):
    assert got == wanted, f"{what}: {got!r}, not {wanted!r}"


def lint(text, *words):
    path = os.path.join(os.environ.get("TMPDIR", "/tmp"), f"lsp_{os.getpid()}.txt")
    with open(path, "w") as file:
        file.write(text)
    try:
        done = subprocess.run([PROGRAM, "condition", "lint", path, "--json", *words], capture_output=True, check=False)
    finally:
        os.unlink(path)
    found = json.loads(done.stdout)
    return sorted((r["line"], r["column"], r["code"], r["message"] + "\n" + r["hint"]) for r in found["errors"] + found["warnings"])


def an_editor_that_works():
    for locale, lang in (("ko", "ko"), ("en-US", "en")):
        editor = Editor()
        same(editor.ask("initialize", processId=None, locale=locale, capabilities={})["capabilities"]["positionEncoding"], "utf-16",
             "positions")
        editor.tell("initialized")
        text = "if 채결강도 > 100:\n    매수 = False\nif 현재가 > 등락율\n    매수 = False\nx = '😀'; y = 없음\n"
        told = [(d["range"]["start"]["line"] + 1, d["code"], d["message"]) for d in editor.open("file:///a/buy.txt", text)]
        same(sorted(told), [(line, code, said) for line, _, code, said in lint(text, "--kind", "buy", "--lang", lang)], "as lint says")
        position = {"line": 0, "character": 4}
        editor.tell("textDocument/didChange", textDocument={"uri": "file:///a/buy.txt", "version": 2},
                    contentChanges=[{"text": "if 체결강도 > 100:\n    매수 = False\n"}])
        same(editor.read()["params"]["diagnostics"], [], "mended")
        document = {"uri": "file:///a/buy.txt"}
        assert "%" in editor.ask("textDocument/hover", textDocument=document, position=position)["contents"]["value"]
        labels = [i["label"] for i in editor.ask("textDocument/completion", textDocument=document, position=position)["items"]]
        assert "체결강도평균" in labels, labels
        same(editor.ask("textDocument/formatting", textDocument=document, options={}), [], "laid out")
        same(editor.ask("no/such/method")["code"], -32601, "unknown method")
        same(editor.ask("shutdown"), None, "shutdown")
        editor.tell("exit")
        same(editor.end(), (0, ""), "the end")


def one_that_is_broken():
    editor = Editor()
    editor.write(b"Content-Size: 3\r\n\r\n")
    same(editor.read()["error"]["code"], -32600, "no length")
    editor.write(b"Content-Length: 3\r\n\r\n{{{")
    same(editor.read()["error"]["code"], -32700, "no JSON")
    editor.write(b"Content-Length: 9000000\r\n\r\n" + b" " * 9_000_000)
    assert "passed over" in editor.read()["error"]["message"]
    same(editor.ask("textDocument/hover")["code"], -32002, "before initialize")
    assert "capabilities" in editor.ask("initialize", capabilities={}), "goes on"
    code, said = editor.end()
    same(code, 1, "gone without shutdown")
    assert "the editor went away" in said, said


def a_long_text():
    rows = []
    for i in range(500):
        rows.append(f"if 현재가 > 이동평균({10 + i % 60}) * 1.0{i % 9} and 체결강도N({i % 9}) > self.vars[{i % 180}]:  # 조건 {i}\n")
        rows.append("    매수 = False\n")
    rows[996] = "if 현제가 > 시가:\n"
    editor = Editor()
    editor.ask("initialize", capabilities={})
    editor.open("file:///buy.txt", "매수 = False\n")
    taken = []
    for version in range(2, 22):
        begun = time.perf_counter()
        editor.tell("textDocument/didChange", textDocument={"uri": "file:///buy.txt", "version": version},
                    contentChanges=[{"text": "".join(rows)}])
        errors = [d for d in editor.read()["params"]["diagnostics"] if d["severity"] == 1]
        taken.append((time.perf_counter() - begun) * 1000)
        same([d["range"]["start"]["line"] for d in errors], [996], "the error")
    taken.sort()
    print(f"first error of a 1,000-line text, written to read: median {taken[10]:.1f} ms, worst of 20 {taken[-1]:.1f} ms")
    most = os.environ.get("STOM_LSP_MS")
    assert most is None or taken[10] <= float(most), f"more than {most} ms"
    editor.ask("shutdown")
    editor.tell("exit")
    same(editor.end(), (0, ""), "the end")


if __name__ == "__main__":
    an_editor_that_works()
    one_that_is_broken()
    a_long_text()
    print("ok")
    sys.exit(0)

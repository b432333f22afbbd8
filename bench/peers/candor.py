"""A Candor of its own: started on empty folders, loaded, asked, and told to forget people."""
import http.client, json, os, re, shutil, socket, subprocess, sys, time


class Socket(http.client.HTTPConnection):
    """The socket of the machine's own operator, who may manage."""

    def __init__(self, path):
        super().__init__("localhost", timeout=600)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


class Refused(Exception):
    pass


class Candor:
    def __init__(self, program, folder, port, sources):
        self.program, self.folder, self.port, self.sources = program, folder, port, sources
        self.server = self.token = self.caller = None
        self.where = ["--config", f"{folder}/candor.toml", "--data", f"{folder}/data",
                      "--root-key", f"{folder}/root.key"]

    def clear(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)

    def configure(self, threads):
        lines = ["[server]", f'listen = "127.0.0.1:{self.port}"', f"question_threads = {threads}"]
        for name, (_, bases) in self.sources.items():
            said = ", ".join(f'{purpose} = "{basis}"' for purpose, basis in bases.items())
            lines += [f"[sources.{name}]", 'kind = "server"', 'audience = "general"', 'markets = ["EU"]',
                      f"bases = {{ {said} }}"]
        with open(f"{self.folder}/candor.toml", "w") as out:
            out.write("\n".join(lines) + "\n")

    def start(self, threads):
        """Starts the server; answers the seconds until it is ready."""
        self.stop()
        self.configure(threads)
        log = open(f"{self.folder}/serve.log", "ab")
        begun = time.time()
        self.server = subprocess.Popen([self.program, "serve", *self.where], stdout=log, stderr=log)
        while time.time() - begun < 300 and self.server.poll() is None:
            try:
                time.sleep(0.05)
                self.call(self.connection(), "GET", "/readyz")
                break
            except (OSError, http.client.HTTPException, Refused):
                continue
        else:
            self.stop()
            sys.exit(f"the server did not start: see {self.folder}/serve.log")
        if self.server.poll() is not None:
            sys.exit(f"another program listens at port {self.port}: see {self.folder}/serve.log")
        seconds = time.time() - begun
        self.caller = self.connection()
        return seconds

    def stop(self):
        if self.server:
            self.server.terminate()
            self.server.wait()
            self.server = None

    def connection(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)

    def call(self, connection, method, path, body=None):
        headers = {"Content-Type": "application/json"}
        if self.token and not isinstance(connection, Socket):
            headers["Authorization"] = f"Bearer {self.token}"
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise Refused(text.decode())
        return json.loads(text) if text[:1] in b"{[" else text

    def manage(self, method, path, body=None):
        return self.call(Socket(f"{self.folder}/data/candor.sock"), method, path, body)

    def run(self, *words):
        done = subprocess.run([self.program, *words, *self.where], capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stderr or done.stdout)
        return done.stdout + done.stderr

    def admit(self, purposes):
        """Makes the token with which questions are asked."""
        words = [word for purpose in purposes for word in ("--purpose", purpose)]
        self.token = re.search(r"cnd_token_\w+", self.run("keys", "create", "--kind", "token", *words))[0]

    def load(self, file, source, hand="candor"):
        """Loads a file; answers the seconds."""
        begun = time.time()
        told = self.run("import", file, "--source", source, "--from", hand, "--batch", "4000")
        if "refused" in told or "invalid" in told or "limited" in told:
            sys.exit(f"{file}: {told}")
        return time.time() - begun

    def ask(self, path, question):
        try:
            return self.call(self.caller, "POST", path, question)
        except ConnectionError:
            # The server closes what was idle for long.
            self.caller = self.connection()
            return self.call(self.caller, "POST", path, question)

    def status(self):
        return self.manage("GET", "/api/status")

    def storage(self):
        """By what they hold: bytes of the lake."""
        return {part["holds"]: part["bytes"] for part in self.manage("GET", "/api/storage")["parts"]}

    def erase(self, user):
        """Answers the seconds until the person is invisible."""
        begun = time.time()
        self.manage("POST", "/api/people/erase", {"user_id": str(user)})
        return time.time() - begun

    def open_erasures(self):
        return sum(erasure["state"] != "done" for erasure in self.manage("GET", "/api/erasures"))

    def settle(self, longest=480):
        """Waits until nothing is folded, packed or rewritten any more; answers the seconds.

        More than a minute after the last event more is packed than before, so rest is told from longer stillness.
        """
        begun = changed = time.time()
        before = None
        while time.time() - changed < 90 and time.time() - begun < longest:
            told = self.status()
            now = (told["files"], told["file_bytes"], told["fresh_rows"], self.open_erasures(), self.busy() // 20)
            if now != before:
                before, changed = now, time.time()
            time.sleep(0.5)
        return time.time() - begun

    def busy(self):
        """Hundredths of a second that the server has computed."""
        with open(f"/proc/{self.server.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    def memory(self, field):
        """MiB."""
        with open(f"/proc/{self.server.pid}/status") as status:
            return int(re.search(rf"{field}:\s+(\d+) kB", status.read())[1]) / 1024

    def forget_peak(self):
        with open(f"/proc/{self.server.pid}/clear_refs", "w") as refs:
            refs.write("5")

    def bytes(self):
        """By folder or file of the data: its bytes on the disk."""
        found = {}
        for root, _, files in os.walk(f"{self.folder}/data"):
            for file in files:
                path = os.path.join(root, file)
                part = os.path.relpath(path, f"{self.folder}/data").split(os.sep)[0]
                found[part] = found.get(part, 0) + os.path.getsize(path)
        return found

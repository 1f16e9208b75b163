import http.client, http.server, json, os, socket, socketserver, threading, urllib.parse, wsgiref.simple_server, xmlrpc.server, xmlrpc.client, gzip
class Client(http.client.HTTPConnection):
    def connect(self): self.sock = socket.socket(socket.AF_UNIX); self.sock.connect('/work/http')
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def address_string(self): return 'local'
    def log_message(self, form, *args): log.append(form % args)
    def do_GET(self):
        if self.path == '/chunks':
            self.send_response(200); self.send_header('Transfer-Encoding', 'chunked'); self.end_headers()
            for n in range(3): self.wfile.write(b'%x\r\n%s\r\n' % (len(b'part') * 1000, b'part' * 1000))
            self.wfile.write(b'0\r\n\r\n'); return
        if self.path.startswith('/none'): return self.send_error(404)
        body = gzip.compress(json.dumps(dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query))).encode(), mtime=0); self.send_response(200); self.send_header('Content-Encoding', 'gzip'); self.send_header('Content-Length', str(len(body))); self.end_headers(); self.wfile.write(body)
    def do_POST(self):
        data = self.rfile.read(int(self.headers['Content-Length'])); self.send_response(201); self.send_header('Content-Length', str(len(data))); self.end_headers(); self.wfile.write(data[::-1])
class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    def get_request(self): request, _ = super().get_request(); return request, ('local', 0)
log = []
with Server('/work/http', Handler) as server:
    thread = threading.Thread(target=server.serve_forever, args=(0.05,)); thread.start(); c = Client('local'); c.request('GET', '/x?a=1&b=%C3%A9'); r = c.getresponse(); print(r.status, r.reason, r.getheader('Content-Encoding'), gzip.decompress(r.read())); kept = c.sock
    c.request('GET', '/chunks'); r = c.getresponse(); print(len(r.read()), c.sock is kept); c.request('POST', '/p', body=b'0123456789' * 20000); r = c.getresponse(); d = r.read(); print(r.status, len(d), d[:10]); c.request('GET', '/none'); r = c.getresponse(); print(r.status, b'404' in r.read()); c.close(); results = []
    def ask(n): c = Client('local'); c.request('GET', f'/y?n={n}'); results.append(json.loads(gzip.decompress(c.getresponse().read()))['n']); c.close()
    threads = [threading.Thread(target=ask, args=(n,)) for n in range(6)]; [t.start() for t in threads]; [t.join() for t in threads]; print(sorted(results)); server.shutdown(); thread.join()
print(len(log), sorted(log)[0]); os.unlink('/work/http')

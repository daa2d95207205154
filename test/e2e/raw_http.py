"""HTTP by hand, for what a client library would never send."""
import socket
import time


def connect(server, timeout=30):
    connection = socket.create_connection(("127.0.0.1", server.port), timeout)
    return server.tls.wrap(connection) if server.tls else connection


def exchange(server, request, timeout=30):
    """Sends bytes and reads one answer: its head, and what came with it by the time the head was whole."""
    with connect(server, timeout) as connection:
        try:
            connection.sendall(request)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the answer may come before all was sent
        return read_head(connection)


def read_head(connection):
    answer = b""
    while b"\r\n\r\n" not in answer:
        try:
            got = connection.recv(65536)
        except ConnectionResetError:
            break
        if not got:
            break
        answer += got
    return answer


def send_and_leave(server, request, then_wait=0.2):
    """Sends bytes and closes the connection without waiting for an answer."""
    with connect(server) as connection:
        connection.sendall(request)
        time.sleep(then_wait)


def post_head(server, path, content_type, length=None):
    """The head of an upload; without a length it is chunked."""
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    return (f"POST {path} HTTP/1.1\r\nHost: {server.host}\r\nAccept: application/dicom+json\r\n"
            f"Content-Type: {content_type}\r\n{size}\r\n\r\n").encode()

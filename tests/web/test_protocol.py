"""What goes out at once goes out together."""

import asyncio

from medlem.web.protocol import Together


class Wire(asyncio.Transport):
    """Keeps what is sent, piece by piece."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 5)})
        self.sent: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.sent.append(b"closed")


async def test_the_head_and_the_body_of_an_answer_go_out_in_one_piece() -> None:
    wire = Wire()
    together = Together(wire, asyncio.get_running_loop())
    together.write(b"head ")
    together.write(b"body")
    await asyncio.sleep(0)
    together.write(b"later")
    await asyncio.sleep(0)
    assert wire.sent == [b"head body", b"later"]


async def test_whoever_hangs_up_has_sent_everything() -> None:
    wire = Wire()
    together = Together(wire, asyncio.get_running_loop())
    together.write(b"the last word")
    together.close()
    await asyncio.sleep(0)
    assert wire.sent == [b"the last word", b"closed"]


async def test_everything_else_is_the_transports() -> None:
    together = Together(Wire(), asyncio.get_running_loop())
    assert together.get_extra_info("peername") == ("127.0.0.1", 5)

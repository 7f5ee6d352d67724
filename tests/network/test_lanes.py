"""The link's own logic, without a link."""

from random import Random
from struct import pack

import pytest

from tests.network.lanes import PROFILES, RST, Lane, Meter, Profile, reset_for, segment
from tests.network.office import DEPLOY, caddyfile

PHONE, OFFICE = bytes([10, 77, 0, 1]), bytes([10, 77, 0, 2])


def tcp(seq: int, payload: bytes, *, ack: int = 0) -> bytes:
    """From the phone's port 40000 to the office's 443."""
    head = pack("!HHIIBBHHH", 40000, 443, seq & 0xFFFFFFFF, ack, 5 << 4, 0x10, 1024, 0, 0)
    return pack("!BBHHHBBH", 0x45, 0, 40 + len(payload), 0, 0, 64, 6, 0) + PHONE + OFFICE + head + payload


def lane(**profile: float) -> Lane:
    return Lane(Profile(**profile), Random(7))


def test_a_lane_delays_and_passes_so_many_bits_a_second() -> None:
    slow = lane(delay=0.5, rate=8_000)
    slow.put(b"x" * 1000, now=0.0)
    slow.put(b"y" * 1000, now=0.0)
    assert slow.due(1.4) == []
    assert slow.due(1.6) == [b"x" * 1000]
    assert slow.next_at == 2.5
    assert slow.due(2.5) == [b"y" * 1000]


def test_packets_arrive_in_order_however_their_delay_varies() -> None:
    wild = lane(delay=0.2, jitter=0.4)
    for n in range(100):
        wild.put(bytes([n]), now=n / 1000)
    assert wild.due(10.0) == [bytes([n]) for n in range(100)]


def test_a_cut_lane_loses_what_is_under_way_and_what_sets_out() -> None:
    cut = lane(delay=1.0)
    cut.put(b"under way", now=0.0)
    cut.cut = True
    cut.put(b"setting out", now=0.5)
    assert cut.due(2.0) == []
    cut.cut = False
    assert cut.due(3.0) == []
    assert (cut.lost, cut.passed) == (2, 0)


def test_loss_is_drawn_from_the_seed_and_about_as_often_as_said() -> None:
    runs = []
    for _ in range(2):
        lossy = Lane(PROFILES["lossy"], Random(3))
        for n in range(1000):
            lossy.put(b"", now=float(n))
            lossy.due(n + 0.9)
        runs.append(lossy.lost)
    assert runs[0] == runs[1]
    assert 150 < runs[0] < 250


def test_what_is_too_long_vanishes() -> None:
    narrow = lane()
    narrow.longest = 1200
    narrow.put(b"x" * 1201, now=0.0)
    narrow.put(b"x" * 1200, now=0.0)
    assert len(narrow.due(1.0)) == 1


def test_bytes_sent_again_are_told_from_those_sent_once() -> None:
    meter = Meter()
    for seq, size in ((2**32 - 100, 100), (0, 100), (0, 100), (50, 100), (2**32 - 100, 100)):
        packet = tcp(seq, b"x" * size)
        meter.count(packet, segment(packet))
    assert (meter.payload, meter.again) == (500, 100 + 50 + 100)
    assert meter.heads == 5 * 40 and meter.bytes == 700


def test_a_reset_is_one_that_its_receiver_takes() -> None:
    seen = segment(tcp(1000, b"hello", ack=777))
    assert seen is not None and seen.payload == 5
    answer = segment(reset_for(seen))
    assert answer is not None
    assert (answer.source, answer.target) == (seen.target, seen.source)
    assert (answer.seq, answer.flags, answer.payload) == (777, RST, 0)


@pytest.mark.parametrize("packet", [b"", b"\x60" + b"\0" * 60, b"\x45" + b"\0" * 8 + b"\x11" + b"\0" * 40])
def test_what_is_no_tcp_is_left_alone(packet: bytes) -> None:
    assert segment(packet) is None


def test_the_docs_show_a_caddyfile_that_these_runs_can_use() -> None:
    assert "reverse_proxy 127.0.0.1:12345" in caddyfile(DEPLOY.read_text(encoding="utf-8"), 12345)

"""The small types that every part of a phone's record is made of (docs/sync-protocol.md 2)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

OFFICE = ZoneInfo("Asia/Shanghai")  # a time that says no zone, and the year of a number


def _aware(value: datetime) -> datetime:
    """With a zone, and within what UTC can say (year 1 at +14:00 cannot)."""
    value = value if value.tzinfo else value.replace(tzinfo=OFFICE)
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time beyond the calendar") from error


Moment = Annotated[datetime, AfterValidator(_aware)]
Count = Annotated[int, Field(ge=-(2**31) + 1, le=2**31 - 1)]

Line = Annotated[str, StringConstraints(max_length=200)]
Text = Annotated[str, StringConstraints(max_length=20_000)]
Code = Annotated[str, StringConstraints(max_length=40)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Payload(BaseModel):
    """A part of a record as a phone sends it. Unknown fields are ignored: the raw bytes keep them."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Position(Payload):
    """Where the officer stood. Degrees, WGS-84 unless `crs` says otherwise; metres; milliseconds."""

    lat: float = Field(ge=-90, le=90)
    lng: float = Field(ge=-180, le=180)
    accuracy_m: float | None = Field(default=None, ge=0, le=1e9)
    altitude_m: float | None = Field(default=None, ge=-1e9, le=1e9)
    age_ms: Count | None = Field(default=None, description="age of the fix when the draft was saved")
    source: Literal["gps", "manual", "photo"] = "gps"
    crs: Literal["wgs84", "gcj02", "bd09"] = "wgs84"
    raw: dict[str, Any] = Field(default_factory=dict, description="the fix as the browser gave it")


# -- the times of a record (docs/sync-protocol.md 2) -----------------------------------------------------------

OFFSET_HOLDS = timedelta(hours=24)
LATER_ENTRY_AFTER = timedelta(minutes=30)
LATE_UPLOAD_AFTER = timedelta(minutes=30)
CLOCK_DOUBTFUL_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class Times:
    """When something happened and was written down, as the phone says it, and when it came."""

    occurred_said: datetime
    recorded_at: datetime
    received_at: datetime
    clock_offset_ms: int | None = None
    clock_measured_at: datetime | None = None  # by the phone's own clock

    @property
    def offset(self) -> timedelta:
        """What the phone's clock lacks, where that was measured within 24 hours."""
        if self.clock_offset_ms is None or self.clock_measured_at is None:
            return timedelta()
        if abs(self.recorded_at - self.clock_measured_at) > OFFSET_HOLDS:
            return timedelta()
        return timedelta(milliseconds=self.clock_offset_ms)

    def _corrected(self, at: datetime) -> datetime:
        try:
            return min(at + self.offset, self.received_at)
        except OverflowError:
            return min(at, self.received_at)

    @property
    def recorded(self) -> datetime:
        """Corrected `recorded_at`: the moment at which authorisation is judged."""
        return self._corrected(self.recorded_at)

    def occurred(self, said_when: str = "now") -> datetime:
        """A visit's 走访时间: "now" is when it was begun; any other is as the officer said."""
        return self.recorded if said_when == "now" else min(self.occurred_said, self.received_at)

    @property
    def acted(self) -> datetime:
        """When a supplement or an event was made: always by the phone's clock, so corrected."""
        return self._corrected(self.occurred_said)

    def later_entry(self, occurred_at: datetime) -> bool:
        """补录."""
        return self.recorded - occurred_at > LATER_ENTRY_AFTER

    def late_upload(self, occurred_at: datetime) -> bool:
        """补传: written down in time, received late."""
        return self.received_at - self.recorded > LATE_UPLOAD_AFTER and not self.later_entry(occurred_at)

    @property
    def clock_doubtful(self) -> bool:
        off = abs(timedelta(milliseconds=self.clock_offset_ms or 0)) > CLOCK_DOUBTFUL_AFTER
        return off or self.recorded_at - self.received_at > CLOCK_DOUBTFUL_AFTER


@dataclass(frozen=True)
class Arrival:
    """What is known of a record beside its body and its author."""

    id: UUID
    times: Times
    schema: int = 1
    rev: int = 1
    device_id: UUID | None = None
    seq: int | None = None
    payload_sha256: str | None = None  # of the sealed bytes, or of a form's content; none: a supplement on a page


class CannotPlace(Exception):
    """A record that may not, or cannot, be projected. It is kept with this reason (docs/sync-protocol.md 5)."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

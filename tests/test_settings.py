"""The settings of an installation: each is checked at start, every fault is told at once, no secret is ever shown."""

import re
import stat
from pathlib import Path

import pytest

from earlyhelp.records.database import connect, transaction
from earlyhelp.settings import Settings, SettingsError, kept_secret, not_settings
from earlyhelp.settings.declared import EVERY_ONE

CHECKOUT = Path(__file__).parents[1]
DOCUMENTED = {declared.name: declared.meaning for declared in EVERY_ONE}
SECRET = "k3Ls9-quite-a-long-secret-of-our-own"


@pytest.fixture
def instance(tmp_path: Path) -> dict[str, str]:
    return {"EARLYHELP_INSTANCE_PATH": str(tmp_path / "instance")}


def test_without_a_word_the_records_are_a_file_in_the_instance_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment({})
    assert settings.instance_path == tmp_path / "instance"
    assert settings.instance_path.is_dir()
    assert settings.database_url == f"sqlite:///{tmp_path}/instance/earlyhelp.db"


def test_a_folder_with_odd_letters_still_holds_its_own_database(tmp_path: Path) -> None:
    odd = tmp_path / "a b?c=d#e%20é"
    settings = Settings.from_environment({"EARLYHELP_INSTANCE_PATH": str(odd)})
    engine = connect(settings.database_url)
    with transaction(engine):
        pass
    engine.dispose()
    assert (odd / "earlyhelp.db").exists()


def test_each_setting_arrives_typed(instance: dict[str, str], tmp_path: Path) -> None:
    settings = Settings.from_environment(
        instance
        | {
            "EARLYHELP_DATABASE_URL": "postgresql://app:pw@db/earlyhelp",
            "EARLYHELP_SECRET_KEY": SECRET,
            "EARLYHELP_BASE_URL": "https://earlyhelp.example.gov.uk/",
            "EARLYHELP_SECURE_COOKIES": "no",
            "EARLYHELP_ALLOWED_HOSTS": "earlyhelp.example.gov.uk, .Internal.example",
            "EARLYHELP_WORKFLOWS_PATH": str(tmp_path),
            "EARLYHELP_SWEEP_SECONDS": " 30 ",
            "EARLYHELP_TRUSTED_PROXIES": "1",
        }
    )
    assert settings.base_url == "https://earlyhelp.example.gov.uk"
    assert settings.secure_cookies is False
    assert settings.allowed_hosts == ("earlyhelp.example.gov.uk", ".internal.example")
    assert settings.workflows_path == tmp_path
    assert (settings.sweep_seconds, settings.trusted_proxies, settings.pool_size) == (30, 1, 5)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://db/earlyhelp"),
        ("DATABASE_URL", "postgresql+asyncpg://db/earlyhelp"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite://relative/file.db"),
        ("DATABASE_URL", "postgresql://db:many/earlyhelp"),
        ("REPORTING_DATABASE_URL", "not an address"),
        ("SECRET_KEY", "too short"),
        ("BASE_URL", "earlyhelp.example.gov.uk"),
        ("BASE_URL", "https://"),
        ("BASE_URL", "https://host:port"),
        ("SECURE_COOKIES", "perhaps"),
        ("ALLOWED_HOSTS", "https://earlyhelp.example.gov.uk"),
        ("TRUSTED_PROXIES", "-1"),
        ("WORKFLOWS_PATH", "/there/is/none"),
        ("MESSAGES", "pigeon"),
        ("SMTP_URL", "mail.example.gov.uk:25"),
        ("MAIL_FROM", "nobody"),
        ("NOTIFY_BASE_URL", "ftp://notify"),
        ("SWEEP_SECONDS", "0"),
        ("SWEEP_SECONDS", "soon"),
        ("POOL_SIZE", "0"),
        ("SQLITE_SYNCHRONOUS", "MAYBE"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused_by_name(
    instance: dict[str, str], name: str, value: str
) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment(instance | {f"EARLYHELP_{name}": value})
    words = str(refusal.value)
    assert re.fullmatch(rf"EARLYHELP_{name}: [^;\n]+", words)


def test_every_fault_is_told_at_once_and_on_one_line(instance: dict[str, str]) -> None:
    wrong = {"EARLYHELP_SECRET_KEY": "short", "EARLYHELP_POOL_SIZE": "x", "EARLYHELP_MESSAGES": "smtp"}
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment(instance | wrong)
    words = str(refusal.value)
    assert [fault.split(":")[0] for fault in words.split("; ")] == [
        "EARLYHELP_SECRET_KEY",
        "EARLYHELP_POOL_SIZE",
        "EARLYHELP_SMTP_URL",
    ]


@pytest.mark.parametrize(
    ("channel", "needed"),
    [("smtp", ["SMTP_URL"]), ("notify", ["NOTIFY_API_KEY", "NOTIFY_TEMPLATE_ID"])],
)
def test_a_way_of_sending_names_what_it_needs(
    instance: dict[str, str], channel: str, needed: list[str]
) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment(instance | {"EARLYHELP_MESSAGES": channel})
    assert [f"EARLYHELP_{name}" in str(refusal.value) for name in needed] == [True] * len(needed)


def test_a_file_in_place_of_the_instance_folder_is_one_fault_only(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=r"^EARLYHELP_INSTANCE_PATH: \S+ is not a folder$"):
        Settings.from_environment({"EARLYHELP_INSTANCE_PATH": str(tmp_path / "file")})


def test_an_instance_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=r"EARLYHELP_INSTANCE_PATH: .* cannot be made"):
        Settings.from_environment({"EARLYHELP_INSTANCE_PATH": str(tmp_path / "file" / "below")})


def test_a_mistyped_name_is_told_with_the_setting_that_was_meant() -> None:
    told = not_settings(
        {
            "EARLYHELP_DATABSE_URL": "postgresql://app:opensesame@db/earlyhelp",
            "earlyhelp_pool_size": "9",
            "EARLYHELP_WEATHER": "",
        }
    )
    assert list(told) == [
        "EARLYHELP_DATABSE_URL is not a setting. Did you mean EARLYHELP_DATABASE_URL?",
        "EARLYHELP_WEATHER is not a setting.",
        "earlyhelp_pool_size is not a setting. Did you mean EARLYHELP_POOL_SIZE?",
    ]


def test_settings_what_tests_are_told_and_other_programs_variables_are_no_slip() -> None:
    of_tests = ("EARLYHELP_TEST_DATABASE_URL", "EARLYHELP_BENCH_DATABASE_URL")
    assert not list(not_settings(dict.fromkeys([*DOCUMENTED, *of_tests, "PATH", "EARLY_HELP"], "x")))


def test_no_secret_is_shown(instance: dict[str, str]) -> None:
    settings = Settings.from_environment(
        instance
        | {
            "EARLYHELP_SECRET_KEY": SECRET,
            "EARLYHELP_DATABASE_URL": "postgresql://app:opensesame@db/earlyhelp",
            "EARLYHELP_REPORTING_DATABASE_URL": "postgresql://app:opensesame@copy/earlyhelp",
            "EARLYHELP_SMTP_URL": "smtp://app:opensesame@mail:25",
            "EARLYHELP_NOTIFY_API_KEY": "opensesame",
        }
    )
    assert "opensesame" not in repr(settings)
    assert SECRET not in repr(settings)


@pytest.mark.parametrize("name", ["DATABASE_URL", "SMTP_URL", "BASE_URL", "SECRET_KEY", "MAIL_FROM"])
@pytest.mark.parametrize("text", ["x://a:opensesame@h:x", "opensesame", "a b:opensesame@"])
def test_a_fault_never_repeats_what_may_be_a_secret(instance: dict[str, str], name: str, text: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        Settings.from_environment(instance | {f"EARLYHELP_{name}": text})
    assert "opensesame" not in str(refusal.value)


def test_serving_needs_a_secret_key(instance: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match="EARLYHELP_SECRET_KEY is not set"):
        Settings.from_environment(instance).with_secret()
    with_key = Settings.from_environment(instance | {"EARLYHELP_SECRET_KEY": SECRET})
    assert with_key.with_secret().secret_key == SECRET


def test_a_demonstration_keeps_the_secret_it_made(tmp_path: Path) -> None:
    first = kept_secret(tmp_path)
    assert len(first) >= 32
    assert kept_secret(tmp_path) == first
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


def test_a_kept_secret_that_was_cut_short_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret_key").write_text("cut")
    with pytest.raises(SettingsError, match=r"secret_key must have at least 32 .*remove it"):
        kept_secret(tmp_path)


def test_every_setting_that_the_program_names_is_documented() -> None:
    sources = [*(CHECKOUT / "earlyhelp").rglob("*.py"), *CHECKOUT.glob("wsgi.py")]
    named = {name for path in sources for name in re.findall(r"EARLYHELP_[A-Z_]+[A-Z]", path.read_text())}
    assert named == DOCUMENTED.keys()


def test_every_setting_of_a_settings_object_can_be_set() -> None:
    fields = set(Settings.__dataclass_fields__) - {"demo"}
    assert {f"EARLYHELP_{name.upper()}" for name in fields} | {"EARLYHELP_SQLITE_SYNCHRONOUS"} == set(
        DOCUMENTED
    )


def test_the_administrators_page_lists_every_setting_in_the_same_words() -> None:
    page = (CHECKOUT / "docs" / "administration.md").read_text()
    listed = dict(re.findall(r"^\| `(EARLYHELP_\w+)` \| (.+) \|$", page, re.MULTILINE))
    assert listed == DOCUMENTED

"""The start is refused, in one clear line each, when a setting is missing or weak."""

import pytest

from guichet.config import SettingsError, read_settings

COMPLETE = {
    "DATABASE_URL": "postgresql://guichet@localhost/guichet",
    "REDIS_URL": "redis://localhost/0",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz",
    "BASE_URL": "https://guichet.example/",
    "MAIL_URL": "smtp://localhost",
    "STORAGE_URL": "file:///var/lib/guichet",
}


def test_complete_settings_are_read():
    settings = read_settings(COMPLETE)

    assert settings.database_url == "postgresql+psycopg://guichet@localhost/guichet"
    assert settings.base_url == "https://guichet.example"
    assert settings.secure
    assert settings.trusted_proxies == 0
    assert not settings.demonstration


@pytest.mark.parametrize("name", COMPLETE)
def test_each_missing_setting_is_named(name):
    with pytest.raises(SettingsError) as refusal:
        read_settings({**COMPLETE, name: ""})

    assert str(refusal.value).startswith(f"{name} is missing")
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "sqlite:///guichet.db"),
        ("REDIS_URL", "amqp://localhost"),
        ("BASE_URL", "guichet.example"),
        ("MAIL_URL", "http://localhost"),
        ("STORAGE_URL", "/var/lib/guichet"),
        ("SECRET_KEY", "court"),
        ("SECRET_KEY", "a" * 64),
        ("TRUSTED_PROXIES", "beaucoup"),
        ("CLAMD_URL", "localhost:3310"),
    ],
)
def test_an_unusable_setting_is_named_without_its_value(name, value):
    with pytest.raises(SettingsError) as refusal:
        read_settings({**COMPLETE, name: value})

    assert str(refusal.value).startswith(name)
    assert value not in str(refusal.value)


def test_every_problem_is_told_at_once():
    with pytest.raises(SettingsError) as refusal:
        read_settings({})

    assert len(str(refusal.value).splitlines()) == len(COMPLETE)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STORAGE_URL", "s3://bucket/prefix?endpoint=https://s3.example"),
        ("CLAMD_URL", "tcp://clamd:3310"),
        ("CLAMD_URL", "unix:///run/clamd.ctl"),
        ("CLAMD_URL", ""),
    ],
)
def test_a_bucket_and_an_antivirus_may_be_configured(name, value):
    assert getattr(read_settings({**COMPLETE, name: value}), name.lower()) == value

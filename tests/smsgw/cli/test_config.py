"""The configuration's manual and its check, from the command line."""

from __future__ import annotations

import tomllib
from pathlib import Path

from tests.emulators.authority import Authority


def test_config_prints_the_commented_example(bare_smsgw) -> None:
    said = bare_smsgw("config")
    assert said.status == 0
    assert "[web]" in said.out
    assert tomllib.loads(said.out)["web"] == {}


def test_check_tells_every_mistake_at_once_with_line_key_and_what_was_meant(bare_smsgw, tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text('[web]\nlisen = "127.0.0.1:1"\n[sending]\nattempts = "many"\n')
    said = bare_smsgw("config", "check", file)
    assert said.status == 6
    assert f'{file}:2: web.lisen: unknown key; did you mean "listen"?' in said.err
    assert f"{file}:4: sending.attempts: " in said.err
    told = bare_smsgw("config", "check", file, "--json").data["error"]
    assert len(told["errors"]) == 2


def test_check_looks_at_the_certificates_that_our_servers_show(smsgw, config_file: Path, tmp_path: Path) -> None:
    certificate, key = Authority(tmp_path, "ours").sign("smsgw")
    _, other = Authority(tmp_path, "theirs").sign("smsgw")
    (empty := tmp_path / "empty.pem").touch()
    written = config_file.read_text()

    def check(certificate: Path, key: Path | None) -> str:
        files = f'tls_certificate = "{certificate}"\n' + (f'tls_key = "{key}"\n' if key else "")
        ports = f'[[listen.smpp]]\nlisten = "127.0.0.1:0"\n{files}'
        config_file.write_text(written.replace("[web]\n", f"[web]\n{files}") + ports)
        said = smsgw("config", "check")
        assert said.err.count("[web]") == said.err.count("[[listen.smpp]] 127.0.0.1:0") == (said.status != 0)
        return str(said.err)

    assert check(certificate, key) == ""
    assert f"tls_key {other} does not belong to tls_certificate {certificate}" in check(certificate, other)
    assert f"tls_certificate {empty} holds no certificate in PEM form" in check(empty, key)
    assert f"tls_key {empty} holds no private key in PEM form" in check(certificate, empty)
    assert f"tls_certificate {certificate} holds no private key in PEM form: name the file" in check(certificate, None)
    assert f"{tmp_path / 'none'}: No such file or directory" in check(tmp_path / "none", key)


def test_a_key_without_a_certificate_is_a_mistake(smsgw, config_file: Path) -> None:
    config_file.write_text(config_file.read_text().replace("[web]\n", '[web]\ntls_key = "web.key"\n'))
    assert "tls_key needs tls_certificate beside it" in smsgw("config", "check").err


def test_check_of_a_good_file_says_its_links_and_what_is_unwise(smsgw, config_file: Path) -> None:
    with config_file.open("a") as file:
        file.write(
            '[[links]]\nname="carrier"\nkind="smpp"\nhost="smsc.example.com"\nsystem_id="x"\npassword="hush-hush"\n'
        )
    config_file.chmod(0o644)
    said = smsgw("config", "check")
    assert said.status == 0
    assert "is good; links: phones, carrier" in said.out
    assert f"chmod o-r {config_file}" in said.err


def test_show_tells_where_each_value_comes_from_and_no_secret(smsgw, config_file: Path) -> None:
    with config_file.open("a") as file:
        file.write(
            '[[links]]\nname="carrier"\nkind="smpp"\nhost="smsc.example.com"\nsystem_id="x"\npassword="hush-hush"\n'
        )
    said = smsgw("config", "show", "--origin", SMSGW_WEB__THREADS="4")
    assert "web.threads = 4  # environment variable SMSGW_WEB__THREADS" in said.out
    assert f'sending.region = "SI"  # {config_file}:7' in said.out
    assert "hush-hush" not in said.out

"""Settings: what an operator leaves empty is as if it was not said."""

from upheld.platform.settings import Settings


def test_an_empty_path_is_no_path() -> None:
    settings = Settings.read({"UPHELD_SECRETS": "", "UPHELD_CERTIFICATE": "", "UPHELD_ROOT_KEY": ""})
    assert (settings.secrets, settings.certificate, settings.root_key) == (None, None, None)
    assert settings.secrets_folder == settings.var / "secrets"

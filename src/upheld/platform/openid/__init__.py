"""Other sites that say who somebody is: OpenID Connect providers, and GitHub, which is none.

`presets` says as data what each kind of provider defends against, and what we do where it does
not; `configuration` reads which ones the operator chose; `client` speaks to one; `tokens` judges
what it signed. Whose account a proof opens is decided above, never here.
"""

"""Factors: what a person shows beside a password, or instead of one.

A *passkey* (WebAuthn) signs in by itself: a device that its person has unlocked. An *app* shows
codes (TOTP) that come after the password. *Recovery codes* stand in for both, each once. Whoever
has a passkey or an app gets no session for a password, or for a provider's word, alone: the
sign-in stays *half open* until a factor is shown.

Invariants: the database mints no session of strength `password` or `provider` for somebody who
has a factor, by whichever route (`mint_session`, `src/upheld/database/schema/070_accounts.sql`);
each step of time, recovery code and challenge counts once; what changes a factor asks for a
session that was proven within ten minutes (`075_factors.sql`; proven by *auth.strong.factors*).
"""

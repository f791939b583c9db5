-- People: one row for everyone who has an account, whatever they use it for.
create table upheld.people (
    id uuid primary key,
    email_index bytea not null unique,
    email_sealed bytea not null,
    verified_at timestamptz,
    is_probe boolean not null default false,
    language text not null default 'en' check (language ~ '^[a-z]{2}$'),
    created_at timestamptz not null default upheld.clock_now(),
    -- How often what they may do, or what lets them in, has changed (`086_rotation.sql`).
    changes bigint not null default 0
);
alter table upheld.people enable row level security;
alter table upheld.people force row level security;
alter table upheld.people alter column email_index set statistics 0;
alter table upheld.people alter column email_sealed set statistics 0;
comment on table upheld.people is 'A person with an account. The address is ciphertext, found by a keyed index.';
call upheld.classify('upheld.people', '{id,verified_at,language,created_at}', 'identity', 'person', '{account}', 'contract', 'account', true, 'row');
call upheld.classify('upheld.people', '{email_index}', 'contact', 'person', '{account}', 'contract', 'account', false, 'row');
call upheld.classify('upheld.people', '{email_sealed}', 'contact', 'person', '{account}', 'contract', 'account', true, 'key');
call upheld.classify('upheld.people', '{changes}', 'technical', 'person', '{account}', 'contract', 'account', false, 'row');
call upheld.classify('upheld.people', '{is_probe}', 'technical', 'nobody', '{proof}', 'legitimate interest', 'account', false, 'row');

-- The bcrypt hash of a person's password. Read by the gate's functions only.
create table upheld.credentials (
    person_id uuid primary key references upheld.people (id) on delete cascade,
    password_hash text not null check (password_hash ~ '^\$2b\$1[0-9]\$'),
    changed_at timestamptz not null default upheld.clock_now()
);
alter table upheld.credentials enable row level security;
alter table upheld.credentials force row level security;
alter table upheld.credentials alter column password_hash set statistics 0;
comment on table upheld.credentials is 'How a person proves who they are.';
call upheld.classify('upheld.credentials', '{person_id,changed_at}', 'technical', 'person', '{account}', 'contract', 'account', true, 'row');
call upheld.classify('upheld.credentials', '{password_hash}', 'technical', 'person', '{account}', 'contract', 'account', false, 'row');

-- A single-use link that shows that an address belongs to the person; only its hash is kept.
create table upheld.email_verifications (
    token_hash bytea primary key check (length(token_hash) = 32),
    person_id uuid not null references upheld.people (id) on delete cascade,
    expires_at timestamptz not null
);
create index email_verifications_person_id_idx on upheld.email_verifications (person_id);
alter table upheld.email_verifications enable row level security;
alter table upheld.email_verifications force row level security;
alter table upheld.email_verifications alter column token_hash set statistics 0;
comment on table upheld.email_verifications is 'Pending proofs that an address belongs to a person.';
call upheld.classify('upheld.email_verifications', '{token_hash}', 'technical', 'person', '{account}', 'contract', 'link', false, 'row');
call upheld.classify('upheld.email_verifications', '{person_id,expires_at}', 'technical', 'person', '{account}', 'contract', 'link', true, 'row');

-- An organisation that hires. Its name is public: it stands on its job pages.
create table upheld.organisations (
    id uuid primary key,
    name text not null check (length(btrim(name)) between 2 and 120),
    website text check (website ~ '^https://[^\s]{3,200}$'),
    is_probe boolean not null default false,
    created_at timestamptz not null default upheld.clock_now()
);
alter table upheld.organisations enable row level security;
alter table upheld.organisations force row level security;
comment on table upheld.organisations is 'An employer or agency: the controller of the applications sent to it.';
call upheld.classify('upheld.organisations', '{id,name,website,is_probe,created_at}', 'organisation', 'organisation', '{hiring}', 'contract', 'organisation', false, 'kept');

-- A role that an organisation has made for itself, of named permissions (`035_permissions.sql`). Who
-- may decide about applications has to see them.
create table upheld.roles (
    id uuid primary key,
    organisation_id uuid not null references upheld.organisations (id) on delete cascade,
    name text not null check (length(btrim(name)) between 2 and 40),
    permissions text[] not null check (
        permissions <@ array[
            'analytics:view', 'application:decide', 'application:view', 'assessment:manage', 'audit:view',
            'candidate:search', 'integration:manage', 'job:manage', 'member:invite', 'member:remove', 'role:grant',
            'settings:change'
        ]
        and (not permissions @> array['application:decide'] or permissions @> array['application:view'])
    ),
    made_at timestamptz not null default upheld.clock_now(),
    unique (organisation_id, id),
    unique (organisation_id, name)
);
alter table upheld.roles enable row level security;
alter table upheld.roles force row level security;
comment on table upheld.roles is 'A role of an organisation''s own, made of permissions.';
call upheld.classify('upheld.roles', '{id,organisation_id,name,permissions,made_at}', 'organisation', 'organisation', '{hiring}', 'contract', 'organisation', false, 'kept');

-- An invitation into an organisation, and what came of it. Whoever is invited may have no account:
-- their address is sealed under a key of this invitation's own, and goes when they accept, or at the
-- latest a week after it has come to nothing. An accepted one stays for as long as the membership.
create table upheld.invitations (
    id uuid primary key,
    organisation_id uuid not null references upheld.organisations (id) on delete cascade,
    role text not null check (role in ('owner', 'manager', 'interviewer', 'custom')),
    custom_role_id uuid,
    language text not null check (language ~ '^[a-z]{2}$'),
    invited_by uuid references upheld.people (id) on delete set null,
    state text not null default 'pending' check (state in ('pending', 'accepted', 'declined')),
    email_index bytea,
    email_sealed bytea,
    token_hash bytea unique check (length(token_hash) = 32),
    letter_sealed bytea,
    invited_at timestamptz not null default upheld.clock_now(),
    expires_at timestamptz not null,
    answered_at timestamptz,
    accepted_by uuid references upheld.people (id) on delete cascade,
    unique (organisation_id, id, accepted_by),
    foreign key (organisation_id, custom_role_id) references upheld.roles (organisation_id, id)
    on delete set null (custom_role_id),
    check (role = 'custom' or custom_role_id is null),
    check ((state = 'pending') = (answered_at is null) and (state = 'pending') = (token_hash is not null)),
    check ((state = 'accepted') = (accepted_by is not null)),
    check ((state = 'accepted') = (email_index is null) and (state = 'accepted') = (email_sealed is null)),
    check (letter_sealed is null or state = 'pending')
);
create unique index invitations_one_pending_idx on upheld.invitations (organisation_id, email_index)
where state = 'pending';
create index invitations_accepted_by_idx on upheld.invitations (accepted_by);
create index invitations_invited_by_idx on upheld.invitations (invited_by);
create index invitations_email_index_idx on upheld.invitations (email_index);
alter table upheld.invitations enable row level security;
alter table upheld.invitations force row level security;
alter table upheld.invitations alter column email_index set statistics 0;
alter table upheld.invitations alter column email_sealed set statistics 0;
alter table upheld.invitations alter column token_hash set statistics 0;
alter table upheld.invitations alter column letter_sealed set statistics 0;
comment on table upheld.invitations is 'Who was invited into an organisation, by whom, as what, and whether they accepted.';
call upheld.classify('upheld.invitations', '{id,organisation_id,role,custom_role_id,language,invited_by,state,invited_at,expires_at,answered_at,accepted_by}', 'organisation', 'member', '{hiring}', 'contract', 'invitation', true, 'row');
call upheld.classify('upheld.invitations', '{email_index}', 'contact', 'person', '{hiring}', 'legitimate interest', 'invitation', false, 'row');
call upheld.classify('upheld.invitations', '{email_sealed,letter_sealed}', 'contact', 'person', '{hiring}', 'legitimate interest', 'invitation', false, 'key');
call upheld.classify('upheld.invitations', '{token_hash}', 'technical', 'person', '{hiring}', 'legitimate interest', 'invitation', false, 'row');

-- Who belongs to an organisation, and as what. Nobody does who neither founded it nor accepted an
-- invitation of it: the row names the acceptance, and goes with it.
create table upheld.members (
    organisation_id uuid not null references upheld.organisations (id),
    person_id uuid not null references upheld.people (id) on delete cascade,
    role text not null check (role in ('owner', 'manager', 'interviewer', 'custom')),
    custom_role_id uuid,
    is_founder boolean not null default false,
    invitation_id uuid,
    joined_at timestamptz not null default upheld.clock_now(),
    primary key (organisation_id, person_id),
    foreign key (organisation_id, custom_role_id) references upheld.roles (organisation_id, id),
    constraint members_accepted_fkey foreign key (organisation_id, invitation_id, person_id)
    references upheld.invitations (organisation_id, id, accepted_by) on delete cascade,
    constraint members_founded_or_accepted check (is_founder <> (invitation_id is not null)),
    check ((role = 'custom') = (custom_role_id is not null))
);
create index members_person_id_idx on upheld.members (person_id);
create unique index members_one_founder_idx on upheld.members (organisation_id) where is_founder;
alter table upheld.members enable row level security;
alter table upheld.members force row level security;
comment on table upheld.members is 'Membership of a person in an organisation.';
call upheld.classify('upheld.members', '{organisation_id,person_id,role,custom_role_id,is_founder,invitation_id,joined_at}', 'organisation', 'member', '{hiring}', 'contract', 'account', true, 'row');

-- A session. The cookie carries a secret, this row its hash; the row decides.
create table upheld.sessions (
    id uuid primary key default gen_random_uuid(),
    person_id uuid not null references upheld.people (id) on delete cascade,
    secret_hash bytea not null unique check (length(secret_hash) = 32),
    -- At which of its person's changes the secret was made; which one it took the place of, and until when that
    -- opens the session still: without end until the new one has been shown.
    made_at_change bigint not null default 0,
    former_hash bytea unique check (length(former_hash) = 32),
    former_until timestamptz,
    organisation_id uuid,
    created_at timestamptz not null default upheld.clock_now(),
    last_seen_at timestamptz not null default upheld.clock_now(),
    -- Null: opened by a provider's word, which may have asked for nothing.
    proven_at timestamptz default upheld.clock_now(),
    idle_for interval not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    origin_sealed bytea,
    strength text not null default 'password'
    check (strength in ('password', 'provider', 'two-factor', 'passkey', 'machine')),
    foreign key (organisation_id, person_id) references upheld.members (organisation_id, person_id)
    on delete set null (organisation_id),
    check ((former_hash is null) = (former_until is null))
);
create index sessions_person_id_idx on upheld.sessions (person_id);
create index sessions_expires_at_idx on upheld.sessions (expires_at);
alter table upheld.sessions enable row level security;
alter table upheld.sessions force row level security;
alter table upheld.sessions alter column secret_hash set statistics 0;
alter table upheld.sessions alter column former_hash set statistics 0;
alter table upheld.sessions alter column origin_sealed set statistics 0;
comment on table upheld.sessions is 'A signed-in browser: who, acting for which organisation, and until when.';
call upheld.classify('upheld.sessions', '{origin_sealed}', 'technical', 'person', '{account}', 'contract', 'session', true, 'key');
call upheld.classify('upheld.sessions', '{secret_hash,made_at_change,former_hash,former_until}', 'technical', 'person', '{account}', 'contract', 'session', false, 'row');
call upheld.classify('upheld.sessions', '{id,person_id,organisation_id,created_at,last_seen_at,proven_at,idle_for,expires_at,revoked_at,strength}', 'technical', 'person', '{account}', 'contract', 'session', true, 'row');

-- The right of one piece of background work to act for one person; only a hash is kept.
create table upheld.job_secrets (
    secret_hash bytea primary key check (length(secret_hash) = 32),
    person_id uuid not null,
    duty text not null check (duty in ('mail', 'erasure', 'invitation')),
    takes_up boolean not null default false check (duty = 'erasure' or not takes_up),
    expires_at timestamptz not null
);
create index job_secrets_person_id_idx on upheld.job_secrets (person_id);
alter table upheld.job_secrets enable row level security;
alter table upheld.job_secrets force row level security;
alter table upheld.job_secrets alter column secret_hash set statistics 0;
comment on table upheld.job_secrets is 'What background work presents to the database instead of a name.';
call upheld.classify('upheld.job_secrets', '{secret_hash}', 'technical', 'person', '{account}', 'contract', 'link', false, 'row');
call upheld.classify('upheld.job_secrets', '{person_id,duty,takes_up,expires_at}', 'technical', 'person', '{account}', 'contract', 'link', true, 'row');

-- Written by `poe migration` from the declarations; later ones by hand.

ALTER TABLE alembic_version ENABLE ROW LEVEL SECURITY;

ALTER TABLE alembic_version FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON alembic_version FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON alembic_version FOR SELECT TO portal_runtime USING (true);

GRANT SELECT ON alembic_version TO portal_runtime;

CREATE SCHEMA auth_secret;

REVOKE ALL ON SCHEMA auth_secret FROM PUBLIC;

GRANT USAGE ON SCHEMA auth_secret TO portal_auth;

CREATE TABLE agency (
	id UUID NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	short_name VARCHAR(30) NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	in_partnership BOOLEAN NOT NULL, 
	shows_names BOOLEAN NOT NULL, 
	host_id UUID, 
	ended_on DATE, 
	successor_id UUID, 
	version INTEGER DEFAULT 1 NOT NULL, 
	CONSTRAINT agency_pkey PRIMARY KEY (id), 
	CONSTRAINT agency_host_check CHECK ((kind = 'joint_body') = (host_id IS NOT NULL)), 
	CONSTRAINT agency_succession_check CHECK (successor_id IS NULL OR ended_on IS NOT NULL), 
	CONSTRAINT agency_own_successor_check CHECK (successor_id <> id), 
	CONSTRAINT agency_name_key UNIQUE (name), 
	CONSTRAINT agency_kind_check CHECK (kind IN ('police', 'council', 'pcc', 'cps', 'combined_authority', 'university', 'students_union', 'charity', 'refuge', 'health', 'probation', 'transport', 'fire', 'school', 'housing', 'joint_body', 'oversight', 'out_of_area')), 
	CONSTRAINT agency_host_id_fkey FOREIGN KEY(host_id) REFERENCES agency (id), 
	CONSTRAINT agency_successor_id_fkey FOREIGN KEY(successor_id) REFERENCES agency (id)
);

CREATE INDEX agency_successor_id_idx ON agency (successor_id);

CREATE TABLE area (
	code VARCHAR(9) NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	in_force_area BOOLEAN NOT NULL, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	CONSTRAINT area_pkey PRIMARY KEY (code), 
	CONSTRAINT area_kind_check CHECK (kind IN ('borough', 'combined_authority', 'force_area', 'country'))
);

CREATE TABLE audit_line (
	id UUID NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	request_id UUID, 
	principal_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	verb VARCHAR(80) NOT NULL, 
	outcome VARCHAR(40) NOT NULL, 
	rule VARCHAR(120), 
	code VARCHAR(200), 
	team_ids TEXT[], 
	object_id UUID, 
	CONSTRAINT audit_line_pkey PRIMARY KEY (id), 
	CONSTRAINT audit_line_outcome_check CHECK (outcome IN ('done', 'refused'))
);

CREATE INDEX audit_line_by_time ON audit_line (at, id);

CREATE INDEX audit_line_refused ON audit_line (at) WHERE outcome = 'refused';

CREATE TABLE auth_event (
	id UUID NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	request_id UUID NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	outcome VARCHAR(40) NOT NULL, 
	reason VARCHAR(300) NOT NULL, 
	agency_id UUID, 
	person_id UUID, 
	membership_id UUID, 
	client_id UUID, 
	CONSTRAINT auth_event_pkey PRIMARY KEY (id), 
	CONSTRAINT auth_event_outcome_check CHECK (outcome IN ('done', 'refused'))
);

CREATE INDEX auth_event_agency_id_idx ON auth_event (agency_id);

CREATE INDEX auth_event_at_idx ON auth_event (at);

CREATE INDEX auth_event_nobodys ON auth_event (at) WHERE num_nonnulls(person_id, membership_id, client_id, agency_id) = 0 AND NOT starts_with(kind, 'key_');

CREATE INDEX auth_event_person_id_idx ON auth_event (person_id);

CREATE TABLE auth_secret.context_key (
	id UUID NOT NULL, 
	"inner" BYTEA NOT NULL, 
	"outer" BYTEA NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT context_key_pkey PRIMARY KEY (id)
);

CREATE TABLE auth_secret.guess (
	mark BYTEA NOT NULL, 
	level FLOAT NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	next_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT guess_pkey PRIMARY KEY (mark), 
	CONSTRAINT guess_hash_check CHECK (octet_length(mark) = 32)
);

CREATE INDEX guess_at_idx ON auth_secret.guess (at);

CREATE TABLE auth_secret.seen_logout (
	logout BYTEA NOT NULL, 
	seen_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT seen_logout_pkey PRIMARY KEY (logout), 
	CONSTRAINT seen_logout_hash_check CHECK (octet_length(logout) = 32)
);

CREATE INDEX seen_logout_seen_at_idx ON auth_secret.seen_logout (seen_at);

CREATE TABLE auth_secret.seen_proof (
	proof BYTEA NOT NULL, 
	seen_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	exchange UUID, 
	CONSTRAINT seen_proof_pkey PRIMARY KEY (proof), 
	CONSTRAINT seen_proof_hash_check CHECK (octet_length(proof) = 32)
);

CREATE TABLE bank_holiday (
	id UUID NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	valid_from DATE NOT NULL, 
	proposed_by_id UUID, 
	answered_by_id UUID, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	answer_note VARCHAR(400), 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	day DATE NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	holds BOOLEAN NOT NULL, 
	CONSTRAINT bank_holiday_pkey PRIMARY KEY (id), 
	CONSTRAINT bank_holiday_name_check CHECK (length(btrim(name)) > 0), 
	CONSTRAINT bank_holiday_state_check CHECK (state IN ('proposed', 'confirmed', 'declined'))
);

CREATE UNIQUE INDEX bank_holiday_begins ON bank_holiday (day, valid_from) WHERE state = 'confirmed';

CREATE TABLE change (
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	actor_id UUID, 
	actor_agency_id UUID, 
	verb VARCHAR(80) NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	object_type VARCHAR(40) NOT NULL, 
	object_id UUID NOT NULL, 
	version INTEGER NOT NULL, 
	initiative_id UUID, 
	within_agency_id UUID, 
	acl INTEGER[] NOT NULL, 
	id UUID NOT NULL, 
	txid BIGINT NOT NULL, 
	request_id UUID, 
	routes INTEGER[] NOT NULL, 
	CONSTRAINT change_pkey PRIMARY KEY (id), 
	CONSTRAINT change_kind_check CHECK (kind IN ('created', 'updated', 'deleted', 'visibility'))
);

CREATE INDEX change_in_order ON change (txid, version, id);

CREATE TABLE framework (
	id UUID NOT NULL, 
	key VARCHAR(40) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	owner VARCHAR(120) NOT NULL, 
	CONSTRAINT framework_pkey PRIMARY KEY (id), 
	CONSTRAINT framework_key_key UNIQUE (key)
);

CREATE TABLE gateway (
	id UUID NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	valid_from DATE NOT NULL, 
	proposed_by_id UUID, 
	answered_by_id UUID, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	answer_note VARCHAR(400), 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	key VARCHAR(40) NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	law VARCHAR(200) NOT NULL, 
	sender_kinds TEXT[] NOT NULL, 
	receiver_kinds TEXT[] NOT NULL, 
	purposes TEXT[] NOT NULL, 
	confirmed BOOLEAN NOT NULL, 
	note VARCHAR(400), 
	valid_to DATE, 
	CONSTRAINT gateway_pkey PRIMARY KEY (id), 
	CONSTRAINT gateway_sender_kinds_check CHECK (cardinality(sender_kinds) > 0 AND sender_kinds <@ ARRAY['police','council','pcc','cps','combined_authority','university','students_union','charity','refuge','health','probation','transport','fire','school','housing','joint_body','oversight','out_of_area']::text[]), 
	CONSTRAINT gateway_receiver_kinds_check CHECK (cardinality(receiver_kinds) > 0 AND receiver_kinds <@ ARRAY['police','council','pcc','cps','combined_authority','university','students_union','charity','refuge','health','probation','transport','fire','school','housing','joint_body','oversight','out_of_area']::text[]), 
	CONSTRAINT gateway_purposes_check CHECK (cardinality(purposes) > 0 AND purposes <@ ARRAY['victim_support','safeguarding_adult','safeguarding_child','marac','perpetrator_management','criminal_justice','disclosure_scheme','student_support']::text[]), 
	CONSTRAINT gateway_dates_check CHECK (valid_to >= valid_from), 
	CONSTRAINT gateway_state_check CHECK (state IN ('proposed', 'confirmed', 'declined'))
);

CREATE UNIQUE INDEX gateway_begins ON gateway (key, valid_from) WHERE state = 'confirmed';

CREATE TABLE history (
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	actor_id UUID, 
	actor_agency_id UUID, 
	verb VARCHAR(80) NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	object_type VARCHAR(40) NOT NULL, 
	object_id UUID NOT NULL, 
	version INTEGER NOT NULL, 
	initiative_id UUID, 
	within_agency_id UUID, 
	acl INTEGER[] NOT NULL, 
	change_id UUID NOT NULL, 
	seen_then INTEGER[] NOT NULL, 
	before JSONB, 
	after JSONB, 
	CONSTRAINT history_pkey PRIMARY KEY (change_id), 
	CONSTRAINT history_kind_check CHECK (kind IN ('created', 'updated', 'deleted', 'visibility'))
);

CREATE INDEX history_newest ON history (initiative_id, at, version, change_id);

CREATE INDEX history_of_record ON history (object_id, at, version, change_id) WHERE initiative_id IS NULL;

CREATE TABLE person (
	id UUID NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	CONSTRAINT person_pkey PRIMARY KEY (id)
);

CREATE TABLE reminder (
	about_id UUID NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	day DATE NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT reminder_pkey PRIMARY KEY (about_id, kind, day)
);

CREATE TABLE repeat (
	principal_id UUID NOT NULL, 
	mutation VARCHAR(80) NOT NULL, 
	key VARCHAR(80) NOT NULL, 
	input_hash BYTEA NOT NULL, 
	object_id UUID, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT repeat_pkey PRIMARY KEY (principal_id, mutation, key)
);

CREATE INDEX repeat_at_idx ON repeat (at);

CREATE TABLE role_scope (
	role VARCHAR(40) NOT NULL, 
	scope VARCHAR(40) NOT NULL, 
	CONSTRAINT role_scope_pkey PRIMARY KEY (role, scope)
);

CREATE TABLE role_trait (
	role VARCHAR(40) NOT NULL, 
	cases BOOLEAN NOT NULL, 
	second_person BOOLEAN NOT NULL, 
	invitable BOOLEAN NOT NULL, 
	kinds TEXT[] NOT NULL, 
	excludes TEXT[] NOT NULL, 
	CONSTRAINT role_trait_pkey PRIMARY KEY (role)
);

CREATE TABLE theme (
	id UUID NOT NULL, 
	key VARCHAR(80) NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	description VARCHAR(400) NOT NULL, 
	valid_from DATE NOT NULL, 
	retired_on DATE, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	CONSTRAINT theme_pkey PRIMARY KEY (id), 
	CONSTRAINT theme_name_check CHECK (length(btrim(name)) > 0), 
	CONSTRAINT theme_dates_check CHECK (retired_on >= valid_from), 
	CONSTRAINT theme_key_key UNIQUE (key)
);

CREATE TABLE agency_area (
	agency_id UUID NOT NULL, 
	area_code VARCHAR NOT NULL, 
	valid_from DATE NOT NULL, 
	valid_to DATE, 
	CONSTRAINT agency_area_pkey PRIMARY KEY (agency_id, area_code, valid_from), 
	CONSTRAINT agency_area_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT agency_area_area_code_fkey FOREIGN KEY(area_code) REFERENCES area (code)
);

CREATE TABLE agreement (
	id UUID NOT NULL, 
	reference VARCHAR(12) NOT NULL, 
	title VARCHAR(160) NOT NULL, 
	lead_agency_id UUID NOT NULL, 
	sent_at TIMESTAMP WITH TIME ZONE, 
	suspended_at TIMESTAMP WITH TIME ZONE, 
	withdrawn_at TIMESTAMP WITH TIME ZONE, 
	last_event_at TIMESTAMP WITH TIME ZONE, 
	is_sample BOOLEAN NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	CONSTRAINT agreement_pkey PRIMARY KEY (id), 
	CONSTRAINT agreement_title_check CHECK (length(btrim(title)) > 0), 
	CONSTRAINT agreement_reference_key UNIQUE (reference), 
	CONSTRAINT agreement_lead_agency_id_fkey FOREIGN KEY(lead_agency_id) REFERENCES agency (id)
);

CREATE INDEX agreement_lead_agency_id_idx ON agreement (lead_agency_id);

CREATE INDEX agreement_newest ON agreement (created_at, id);

CREATE TABLE area_part (
	whole_code VARCHAR NOT NULL, 
	part_code VARCHAR NOT NULL, 
	CONSTRAINT area_part_pkey PRIMARY KEY (whole_code, part_code), 
	CONSTRAINT area_part_whole_code_fkey FOREIGN KEY(whole_code) REFERENCES area (code), 
	CONSTRAINT area_part_part_code_fkey FOREIGN KEY(part_code) REFERENCES area (code)
);

CREATE INDEX area_part_part_code_idx ON area_part (part_code);

CREATE TABLE auth_secret.account (
	person_id UUID NOT NULL, 
	sign_in_name VARCHAR(60) NOT NULL, 
	handle BYTEA NOT NULL, 
	CONSTRAINT account_pkey PRIMARY KEY (person_id), 
	CONSTRAINT account_handle_check CHECK (octet_length(handle) = 32), 
	CONSTRAINT account_lower_check CHECK (sign_in_name = lower(sign_in_name)), 
	CONSTRAINT account_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id), 
	CONSTRAINT account_sign_in_name_key UNIQUE (sign_in_name), 
	CONSTRAINT account_handle_key UNIQUE (handle)
);

CREATE TABLE auth_secret.challenge (
	challenge_hash BYTEA NOT NULL, 
	purpose VARCHAR(40) NOT NULL, 
	browser BYTEA NOT NULL, 
	person_id UUID, 
	handle BYTEA, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	used_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT challenge_pkey PRIMARY KEY (challenge_hash), 
	CONSTRAINT challenge_hash_check CHECK (octet_length(challenge_hash) = 32), 
	CONSTRAINT challenge_short_check CHECK (expires_at <= made_at + interval '5 minutes'), 
	CONSTRAINT challenge_purpose_check CHECK (purpose IN ('register', 'sign_in', 'prove_again')), 
	CONSTRAINT challenge_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id) ON DELETE CASCADE
);

CREATE INDEX challenge_expires_at_idx ON auth_secret.challenge (expires_at);

CREATE TABLE auth_secret.recovery (
	browser BYTEA NOT NULL, 
	person_id UUID NOT NULL, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT recovery_pkey PRIMARY KEY (browser), 
	CONSTRAINT recovery_short_check CHECK (expires_at <= made_at + interval '15 minutes'), 
	CONSTRAINT recovery_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id) ON DELETE CASCADE
);

CREATE INDEX recovery_person_id_idx ON auth_secret.recovery (person_id);

CREATE TABLE consultation (
	id UUID NOT NULL, 
	referral_id UUID NOT NULL, 
	owner_agency_id UUID NOT NULL, 
	principal_id UUID NOT NULL, 
	person_id UUID, 
	agency_id UUID NOT NULL, 
	client_id UUID, 
	purpose VARCHAR(40) NOT NULL, 
	request_id UUID, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT consultation_pkey PRIMARY KEY (id), 
	CONSTRAINT consultation_owner_agency_id_fkey FOREIGN KEY(owner_agency_id) REFERENCES agency (id), 
	CONSTRAINT consultation_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT consultation_purpose_check CHECK (purpose IN ('work_on_case', 'allocate', 'prepare_meeting', 'supervise', 'safety', 'rights_request', 'review'))
);

CREATE INDEX consultation_of_owner ON consultation (owner_agency_id, at, id);

CREATE INDEX consultation_of_referral ON consultation (referral_id, at, id);

CREATE TABLE credential (
	id UUID NOT NULL, 
	person_id UUID NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	added_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	last_used_at TIMESTAMP WITH TIME ZONE, 
	"left" INTEGER, 
	CONSTRAINT credential_pkey PRIMARY KEY (id), 
	CONSTRAINT credential_left_check CHECK ("left" >= 0), 
	CONSTRAINT credential_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id), 
	CONSTRAINT credential_kind_check CHECK (kind IN ('passkey', 'password', 'authenticator_app', 'recovery_codes'))
);

CREATE UNIQUE INDEX credential_only_one ON credential (person_id, kind) WHERE kind <> 'passkey';

CREATE INDEX credential_person_id_idx ON credential (person_id);

CREATE TABLE framework_version (
	id UUID NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	valid_from DATE NOT NULL, 
	proposed_by_id UUID, 
	answered_by_id UUID, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	answer_note VARCHAR(400), 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	framework_id UUID NOT NULL, 
	label VARCHAR(80) NOT NULL, 
	valid_to DATE, 
	note VARCHAR(400), 
	self_assessed BOOLEAN NOT NULL, 
	CONSTRAINT framework_version_pkey PRIMARY KEY (id), 
	CONSTRAINT framework_version_dates_check CHECK (valid_to >= valid_from), 
	CONSTRAINT framework_version_state_check CHECK (state IN ('proposed', 'confirmed', 'declined')), 
	CONSTRAINT framework_version_framework_id_fkey FOREIGN KEY(framework_id) REFERENCES framework (id)
);

CREATE UNIQUE INDEX framework_version_begins ON framework_version (framework_id, valid_from) WHERE state = 'confirmed';

CREATE UNIQUE INDEX framework_version_label ON framework_version (framework_id, label) WHERE state <> 'declined';

CREATE TABLE identity (
	id UUID NOT NULL, 
	issuer VARCHAR(512) NOT NULL, 
	subject VARCHAR(255) NOT NULL, 
	person_id UUID NOT NULL, 
	joined_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT identity_pkey PRIMARY KEY (id), 
	CONSTRAINT identity_issuer_subject_key UNIQUE (issuer, subject), 
	CONSTRAINT identity_subject_check CHECK (subject <> ''), 
	CONSTRAINT identity_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id)
);

CREATE INDEX identity_person_id_idx ON identity (person_id);

CREATE TABLE identity_provider (
	id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	issuer VARCHAR(512) NOT NULL, 
	client_id VARCHAR(255) NOT NULL, 
	proof VARCHAR(40) NOT NULL, 
	algorithms TEXT[] NOT NULL, 
	mfa_acr TEXT[] NOT NULL, 
	phr_acr TEXT[] NOT NULL, 
	roles_claim VARCHAR(80), 
	started_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT identity_provider_pkey PRIMARY KEY (id), 
	CONSTRAINT identity_provider_issuer_check CHECK (issuer ~ '^https?://[^?#[:space:]]+$'), 
	CONSTRAINT identity_provider_algorithms_check CHECK (cardinality(algorithms) > 0 AND algorithms <@ ARRAY['ES256', 'Ed25519', 'EdDSA', 'PS256', 'RS256']::text[]), 
	CONSTRAINT identity_provider_acr_check CHECK (NOT mfa_acr && phr_acr), 
	CONSTRAINT identity_provider_end_check CHECK (ended_at >= started_at), 
	CONSTRAINT identity_provider_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT identity_provider_proof_check CHECK (proof IN ('private_key_jwt', 'client_secret_basic', 'client_secret_post'))
);

CREATE INDEX identity_provider_agency_id_idx ON identity_provider (agency_id);

CREATE UNIQUE INDEX identity_provider_of_agency ON identity_provider (agency_id) WHERE ended_at IS NULL;

CREATE UNIQUE INDEX identity_provider_of_issuer ON identity_provider (issuer) WHERE ended_at IS NULL;

CREATE TABLE mail_preference (
	id UUID NOT NULL, 
	person_id UUID NOT NULL, 
	address VARCHAR(254), 
	mode VARCHAR(40) NOT NULL, 
	since TIMESTAMP WITH TIME ZONE, 
	asked_address VARCHAR(254), 
	CONSTRAINT mail_preference_pkey PRIMARY KEY (id), 
	CONSTRAINT mail_preference_address_check CHECK (address ~ '^[^[:space:]@<>]+@[^[:space:]@<>]+$'), 
	CONSTRAINT mail_preference_since_check CHECK ((address IS NULL) = (since IS NULL)), 
	CONSTRAINT mail_preference_person_id_key UNIQUE (person_id), 
	CONSTRAINT mail_preference_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id), 
	CONSTRAINT mail_preference_mode_check CHECK (mode IN ('at_once', 'daily', 'none'))
);

CREATE TABLE marac_rule (
	id UUID NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	valid_from DATE NOT NULL, 
	proposed_by_id UUID, 
	answered_by_id UUID, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	answer_note VARCHAR(400), 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	area_code VARCHAR, 
	routes TEXT[] NOT NULL, 
	fewest_incidents INTEGER NOT NULL, 
	repeat_months INTEGER NOT NULL, 
	repeat_trigger VARCHAR(40) NOT NULL, 
	repeat_anchor VARCHAR(40) NOT NULL, 
	CONSTRAINT marac_rule_pkey PRIMARY KEY (id), 
	CONSTRAINT marac_rule_routes_check CHECK (cardinality(routes) > 0 AND routes <@ ARRAY['visible_high_risk', 'professional_judgement', 'potential_escalation', 'repeat']::text[]), 
	CONSTRAINT marac_rule_incidents_check CHECK (fewest_incidents BETWEEN 1 AND 99), 
	CONSTRAINT marac_rule_months_check CHECK (repeat_months BETWEEN 1 AND 60), 
	CONSTRAINT marac_rule_state_check CHECK (state IN ('proposed', 'confirmed', 'declined')), 
	CONSTRAINT marac_rule_area_code_fkey FOREIGN KEY(area_code) REFERENCES area (code), 
	CONSTRAINT marac_rule_repeat_trigger_check CHECK (repeat_trigger IN ('any_abuse', 'crime')), 
	CONSTRAINT marac_rule_anchor_check CHECK (repeat_anchor IN ('last_referral', 'last_meeting'))
);

CREATE UNIQUE INDEX marac_rule_begins ON marac_rule (area_code, valid_from) NULLS NOT DISTINCT WHERE state = 'confirmed';

CREATE TABLE measure_definition (
	id UUID NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	valid_from DATE NOT NULL, 
	proposed_by_id UUID, 
	answered_by_id UUID, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	answer_note VARCHAR(400), 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	key VARCHAR(60) NOT NULL, 
	edition INTEGER NOT NULL, 
	supersedes_id UUID, 
	name VARCHAR(120) NOT NULL, 
	meaning VARCHAR(2000) NOT NULL, 
	unit VARCHAR(40) NOT NULL, 
	numerator_label VARCHAR(120), 
	denominator_label VARCHAR(120), 
	per INTEGER, 
	direction VARCHAR(40) NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	frequency VARCHAR(40) NOT NULL, 
	source VARCHAR(200), 
	defined_by_agency_id UUID NOT NULL, 
	retired_on DATE, 
	is_sample BOOLEAN NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT measure_definition_pkey PRIMARY KEY (id), 
	CONSTRAINT measure_definition_key_check CHECK (key ~ '^[a-z][a-z0-9-]*$'), 
	CONSTRAINT measure_definition_name_check CHECK (length(btrim(name)) > 0), 
	CONSTRAINT measure_definition_unit_check CHECK (length(btrim(unit)) > 0), 
	CONSTRAINT measure_definition_edition_check CHECK ((edition = 1) = (supersedes_id IS NULL) AND edition >= 1), 
	CONSTRAINT measure_definition_per_check CHECK ((denominator_label IS NULL) = (per IS NULL)), 
	CONSTRAINT measure_definition_numerator_label_check CHECK (denominator_label IS NULL OR numerator_label IS NOT NULL), 
	CONSTRAINT measure_definition_per_positive_check CHECK (per > 0), 
	CONSTRAINT measure_definition_state_check CHECK (state IN ('proposed', 'confirmed', 'declined')), 
	CONSTRAINT measure_definition_supersedes_id_fkey FOREIGN KEY(supersedes_id) REFERENCES measure_definition (id), 
	CONSTRAINT measure_definition_direction_check CHECK (direction IN ('higher_is_better', 'lower_is_better', 'neither')), 
	CONSTRAINT measure_definition_kind_check CHECK (kind IN ('output', 'outcome')), 
	CONSTRAINT measure_definition_frequency_check CHECK (frequency IN ('once', 'monthly', 'quarterly', 'half_yearly', 'yearly')), 
	CONSTRAINT measure_definition_defined_by_agency_id_fkey FOREIGN KEY(defined_by_agency_id) REFERENCES agency (id)
);

CREATE INDEX measure_definition_by_name ON measure_definition (name, id);

CREATE INDEX measure_definition_defined_by_agency_id_idx ON measure_definition (defined_by_agency_id);

CREATE UNIQUE INDEX measure_definition_edition ON measure_definition (key, edition) WHERE state <> 'declined';

CREATE UNIQUE INDEX measure_definition_successor ON measure_definition (supersedes_id) WHERE state <> 'declined';

CREATE TABLE membership (
	id UUID NOT NULL, 
	person_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	starts_on DATE NOT NULL, 
	ends_on DATE, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	last_signed_in_at TIMESTAMP WITH TIME ZONE, 
	version INTEGER DEFAULT 1 NOT NULL, 
	CONSTRAINT membership_pkey PRIMARY KEY (id), 
	CONSTRAINT membership_id_agency_id_key UNIQUE (id, agency_id), 
	CONSTRAINT membership_dates_check CHECK (ends_on >= starts_on), 
	CONSTRAINT membership_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id), 
	CONSTRAINT membership_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id)
);

CREATE INDEX membership_agency_id_idx ON membership (agency_id);

CREATE INDEX membership_person_id_idx ON membership (person_id);

CREATE TABLE notice (
	id UUID NOT NULL, 
	person_id UUID NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	says VARCHAR(400) NOT NULL, 
	read_at TIMESTAMP WITH TIME ZONE, 
	referral_id UUID, 
	agreement_id UUID, 
	CONSTRAINT notice_pkey PRIMARY KEY (id), 
	CONSTRAINT notice_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id), 
	CONSTRAINT notice_kind_check CHECK (kind IN ('new_sign_in', 'sign_in_changed', 'role_changed', 'role_asked', 'membership_ended', 'lapse_near', 'standing_recorded', 'team_changed', 'invited', 'joined', 'action_assigned', 'action_due', 'action_late', 'partner_quiet', 'emergency_disclosure', 'disclosure_asked', 'disclosure_escalated', 'program_changed', 'referral_arrived', 'referral_answered', 'referral_yours', 'referral_withdrawn', 'referral_due', 'referral_late', 'agreement_asked', 'agreement_moved', 'agreement_due', 'agreement_ends', 'support_changed', 'cases_late'))
);

CREATE INDEX notice_at_idx ON notice (at);

CREATE INDEX notice_person_id_idx ON notice (person_id);

CREATE TABLE risk_scale (
	id UUID NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	valid_from DATE NOT NULL, 
	proposed_by_id UUID, 
	answered_by_id UUID, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	answer_note VARCHAR(400), 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	tool VARCHAR(40) NOT NULL, 
	area_code VARCHAR, 
	highest INTEGER NOT NULL, 
	CONSTRAINT risk_scale_pkey PRIMARY KEY (id), 
	CONSTRAINT risk_scale_id_highest_key UNIQUE (id, highest), 
	CONSTRAINT risk_scale_highest_check CHECK (highest BETWEEN 1 AND 1000), 
	CONSTRAINT risk_scale_state_check CHECK (state IN ('proposed', 'confirmed', 'declined')), 
	CONSTRAINT risk_scale_tool_check CHECK (tool IN ('merit', 'dash', 'dara', 's_dash', 'hba_screening')), 
	CONSTRAINT risk_scale_area_code_fkey FOREIGN KEY(area_code) REFERENCES area (code)
);

CREATE UNIQUE INDEX risk_scale_begins ON risk_scale (tool, area_code, valid_from) NULLS NOT DISTINCT WHERE state = 'confirmed';

CREATE TABLE school_year (
	id UUID NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	valid_from DATE NOT NULL, 
	proposed_by_id UUID, 
	answered_by_id UUID, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	answer_note VARCHAR(400), 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	area_code VARCHAR(9) NOT NULL, 
	school_year INTEGER NOT NULL, 
	opens VARCHAR(5) NOT NULL, 
	CONSTRAINT school_year_pkey PRIMARY KEY (id), 
	CONSTRAINT school_year_id_school_year_key UNIQUE (id, school_year), 
	CONSTRAINT school_year_school_year_check CHECK (school_year BETWEEN 2020 AND 2100), 
	CONSTRAINT school_year_opens_check CHECK (opens ~ '^(0[7-9]|1[01]):[0-5][0-9]$' AND opens BETWEEN '07:00' AND '11:59'), 
	CONSTRAINT school_year_state_check CHECK (state IN ('proposed', 'confirmed', 'declined')), 
	CONSTRAINT school_year_area_code_fkey FOREIGN KEY(area_code) REFERENCES area (code)
);

CREATE UNIQUE INDEX school_year_begins ON school_year (area_code, school_year, valid_from) WHERE state = 'confirmed';

CREATE TABLE team (
	id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	inbox VARCHAR(120), 
	narrow BOOLEAN DEFAULT false NOT NULL, 
	ended_on DATE, 
	version INTEGER DEFAULT 1 NOT NULL, 
	CONSTRAINT team_pkey PRIMARY KEY (id), 
	CONSTRAINT team_agency_id_name_key UNIQUE (agency_id, name), 
	CONSTRAINT team_id_agency_id_key UNIQUE (id, agency_id), 
	CONSTRAINT team_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id)
);

CREATE INDEX team_agency_id_idx ON team (agency_id);

CREATE TABLE agreement_party (
	id UUID NOT NULL, 
	agreement_id UUID NOT NULL, 
	acl INTEGER[] NOT NULL, 
	agency_id UUID NOT NULL, 
	direction VARCHAR(40) NOT NULL, 
	acts_for_id UUID, 
	required BOOLEAN NOT NULL, 
	accedes BOOLEAN NOT NULL, 
	since_number INTEGER NOT NULL, 
	named_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	joined_at TIMESTAMP WITH TIME ZONE, 
	suspended_at TIMESTAMP WITH TIME ZONE, 
	suspended_by_agency_id UUID, 
	left_at TIMESTAMP WITH TIME ZONE, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	CONSTRAINT agreement_party_pkey PRIMARY KEY (id), 
	CONSTRAINT agreement_party_id_agreement_id_key UNIQUE (id, agreement_id), 
	CONSTRAINT agreement_party_id_agency_id_key UNIQUE (id, agency_id), 
	CONSTRAINT agreement_party_acts_for_check CHECK (acts_for_id <> agency_id), 
	CONSTRAINT agreement_party_accedes_check CHECK (NOT (accedes AND required)), 
	CONSTRAINT agreement_party_since_number_check CHECK (since_number > 0), 
	CONSTRAINT agreement_party_suspended_check CHECK (suspended_by_agency_id IS NULL OR suspended_at IS NOT NULL), 
	CONSTRAINT agreement_party_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES agreement (id), 
	CONSTRAINT agreement_party_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT agreement_party_direction_check CHECK (direction IN ('gives', 'receives', 'both')), 
	CONSTRAINT agreement_party_acts_for_id_fkey FOREIGN KEY(acts_for_id) REFERENCES agency (id), 
	CONSTRAINT agreement_party_suspended_by_agency_id_fkey FOREIGN KEY(suspended_by_agency_id) REFERENCES agency (id)
);

CREATE INDEX agreement_party_agency_id_idx ON agreement_party (agency_id);

CREATE INDEX agreement_party_agreement_id_idx ON agreement_party (agreement_id);

CREATE UNIQUE INDEX agreement_party_once ON agreement_party (agreement_id, agency_id) WHERE left_at IS NULL;

CREATE TABLE agreement_version (
	id UUID NOT NULL, 
	agreement_id UUID NOT NULL, 
	acl INTEGER[] NOT NULL, 
	number INTEGER NOT NULL, 
	purposes TEXT[] NOT NULL, 
	gateways TEXT[] NOT NULL, 
	categories TEXT[] NOT NULL, 
	subjects TEXT[] NOT NULL, 
	permitted_roles TEXT[] NOT NULL, 
	controllers VARCHAR(40) NOT NULL, 
	ceiling VARCHAR(40) NOT NULL, 
	onward_rule VARCHAR(40) NOT NULL, 
	accession VARCHAR(40) NOT NULL, 
	lawful_basis VARCHAR(1000) NOT NULL, 
	retention_rule VARCHAR(1000) NOT NULL, 
	rights_lead_agency_id UUID NOT NULL, 
	dpia_reference VARCHAR(80) NOT NULL, 
	run_off_days INTEGER, 
	starts_on DATE NOT NULL, 
	review_on DATE NOT NULL, 
	ends_on DATE NOT NULL, 
	sent_at TIMESTAMP WITH TIME ZONE, 
	signed_at TIMESTAMP WITH TIME ZONE, 
	dropped_at TIMESTAMP WITH TIME ZONE, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	CONSTRAINT agreement_version_pkey PRIMARY KEY (id), 
	CONSTRAINT agreement_version_agreement_id_number_key UNIQUE (agreement_id, number), 
	CONSTRAINT agreement_version_id_agreement_id_key UNIQUE (id, agreement_id), 
	CONSTRAINT agreement_version_dates_check CHECK (starts_on <= review_on AND review_on <= ends_on), 
	CONSTRAINT agreement_version_number_check CHECK (number > 0), 
	CONSTRAINT agreement_version_run_off_days_check CHECK (run_off_days BETWEEN 1 AND 366), 
	CONSTRAINT agreement_version_signed_check CHECK (signed_at IS NULL OR sent_at IS NOT NULL), 
	CONSTRAINT agreement_version_dropped_check CHECK (signed_at IS NULL OR dropped_at IS NULL), 
	CONSTRAINT agreement_version_gateways_check CHECK (cardinality(gateways) > 0), 
	CONSTRAINT agreement_version_purposes_check CHECK (cardinality(purposes) > 0 AND purposes <@ ARRAY['victim_support','safeguarding_adult','safeguarding_child','marac','perpetrator_management','criminal_justice','disclosure_scheme','student_support']::text[]), 
	CONSTRAINT agreement_version_categories_check CHECK (cardinality(categories) > 0 AND categories <@ ARRAY['identity_link','safe_contact','needs','wishes','risk','flags','orders','criminal_justice','actions','clocks','reasons','outcome']::text[]), 
	CONSTRAINT agreement_version_subjects_check CHECK (cardinality(subjects) > 0 AND subjects <@ ARRAY['victim','child','alleged_perpetrator','suspect','witness']::text[]), 
	CONSTRAINT agreement_version_permitted_roles_check CHECK (cardinality(permitted_roles) > 0 AND permitted_roles <@ ARRAY['initiative_coordinator','contributor','viewer','caseworker','team_lead','cps_liaison','marac_coordinator','marac_chair','marac_representative','designated_safeguarding_lead','conduct_lead','data_protection_lead','authorised_signatory','agency_spoc','programme_lead','agency_administrator','partnership_administrator','independent_reviewer','auditor']::text[]), 
	CONSTRAINT agreement_version_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES agreement (id), 
	CONSTRAINT agreement_version_controllers_check CHECK (controllers IN ('sole', 'joint')), 
	CONSTRAINT agreement_version_ceiling_check CHECK (ceiling IN ('official', 'official_sensitive')), 
	CONSTRAINT agreement_version_onward_rule_check CHECK (onward_rule IN ('never', 'ask_owner', 'parties')), 
	CONSTRAINT agreement_version_accession_check CHECK (accession IN ('closed', 'lead', 'all_parties')), 
	CONSTRAINT agreement_version_rights_lead_agency_id_fkey FOREIGN KEY(rights_lead_agency_id) REFERENCES agency (id)
);

CREATE INDEX agreement_version_agreement_id_idx ON agreement_version (agreement_id);

CREATE UNIQUE INDEX agreement_version_open ON agreement_version (agreement_id) WHERE signed_at IS NULL AND dropped_at IS NULL;

CREATE TABLE auth_secret.authenticator (
	credential_id UUID NOT NULL, 
	sealed BYTEA NOT NULL, 
	last_step INTEGER NOT NULL, 
	CONSTRAINT authenticator_pkey PRIMARY KEY (credential_id), 
	CONSTRAINT authenticator_credential_id_fkey FOREIGN KEY(credential_id) REFERENCES credential (id) ON DELETE CASCADE
);

CREATE TABLE auth_secret.partner_sign_in (
	state_hash BYTEA NOT NULL, 
	provider_id UUID NOT NULL, 
	browser_hash BYTEA NOT NULL, 
	next VARCHAR(2000) NOT NULL, 
	invitation_hash BYTEA, 
	session_id UUID, 
	started_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	used_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT partner_sign_in_pkey PRIMARY KEY (state_hash), 
	CONSTRAINT partner_sign_in_state_check CHECK (octet_length(state_hash) = 32), 
	CONSTRAINT partner_sign_in_browser_check CHECK (octet_length(browser_hash) = 32), 
	CONSTRAINT partner_sign_in_invitation_check CHECK (octet_length(invitation_hash) = 32), 
	CONSTRAINT partner_sign_in_short_check CHECK (expires_at <= started_at + interval '10 minutes'), 
	CONSTRAINT partner_sign_in_provider_id_fkey FOREIGN KEY(provider_id) REFERENCES identity_provider (id)
);

CREATE INDEX partner_sign_in_expires_at_idx ON auth_secret.partner_sign_in (expires_at);

CREATE INDEX partner_sign_in_provider_id_idx ON auth_secret.partner_sign_in (provider_id);

CREATE TABLE auth_secret.passkey (
	credential_id UUID NOT NULL, 
	key_id BYTEA NOT NULL, 
	public_key BYTEA NOT NULL, 
	uses INTEGER NOT NULL, 
	synced BOOLEAN NOT NULL, 
	CONSTRAINT passkey_pkey PRIMARY KEY (credential_id), 
	CONSTRAINT passkey_key_id_check CHECK (octet_length(key_id) BETWEEN 1 AND 1023), 
	CONSTRAINT passkey_uses_check CHECK (uses BETWEEN 0 AND 4294967295), 
	CONSTRAINT passkey_credential_id_fkey FOREIGN KEY(credential_id) REFERENCES credential (id) ON DELETE CASCADE, 
	CONSTRAINT passkey_key_id_key UNIQUE (key_id)
);

CREATE TABLE auth_secret.password (
	credential_id UUID NOT NULL, 
	hash VARCHAR(200) NOT NULL, 
	CONSTRAINT password_pkey PRIMARY KEY (credential_id), 
	CONSTRAINT password_credential_id_fkey FOREIGN KEY(credential_id) REFERENCES credential (id) ON DELETE CASCADE
);

CREATE TABLE auth_secret.provider_secret (
	provider_id UUID NOT NULL, 
	sealed BYTEA NOT NULL, 
	CONSTRAINT provider_secret_pkey PRIMARY KEY (provider_id), 
	CONSTRAINT provider_secret_provider_id_fkey FOREIGN KEY(provider_id) REFERENCES identity_provider (id)
);

CREATE TABLE auth_secret.recovery_code (
	code_hash BYTEA NOT NULL, 
	credential_id UUID NOT NULL, 
	used_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT recovery_code_pkey PRIMARY KEY (code_hash), 
	CONSTRAINT recovery_code_hash_check CHECK (octet_length(code_hash) = 32), 
	CONSTRAINT recovery_code_credential_id_fkey FOREIGN KEY(credential_id) REFERENCES credential (id) ON DELETE CASCADE
);

CREATE INDEX recovery_code_credential_id_idx ON auth_secret.recovery_code (credential_id);

CREATE TABLE browser_session (
	id UUID NOT NULL, 
	person_id UUID NOT NULL, 
	membership_id UUID, 
	provider_id UUID, 
	provider_session VARCHAR(255), 
	device VARCHAR(80) NOT NULL, 
	acr VARCHAR(40) NOT NULL, 
	amr TEXT[] NOT NULL, 
	started_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	authenticated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	seen_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT browser_session_pkey PRIMARY KEY (id), 
	CONSTRAINT browser_session_absolute_check CHECK (expires_at <= started_at + interval '10 hours'), 
	CONSTRAINT browser_session_authenticated_check CHECK (authenticated_at >= started_at), 
	CONSTRAINT browser_session_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id), 
	CONSTRAINT browser_session_membership_id_fkey FOREIGN KEY(membership_id) REFERENCES membership (id), 
	CONSTRAINT browser_session_acr_check CHECK (acr IN ('sfa', 'mfa', 'phr'))
);

CREATE INDEX browser_session_membership_id_idx ON browser_session (membership_id);

CREATE INDEX browser_session_person_id_idx ON browser_session (person_id);

CREATE INDEX browser_session_provider_id_idx ON browser_session (provider_id);

CREATE TABLE capability (
	id INTEGER GENERATED ALWAYS AS IDENTITY, 
	kind VARCHAR(40) NOT NULL, 
	agency_id UUID, 
	team_id UUID, 
	gate_id UUID, 
	purpose VARCHAR(40), 
	from_agency_id UUID, 
	gateway VARCHAR(60), 
	CONSTRAINT capability_pkey PRIMARY KEY (id), 
	CONSTRAINT capability_key UNIQUE NULLS NOT DISTINCT (agency_id, kind, team_id, gate_id, purpose, from_agency_id, gateway), 
	CONSTRAINT capability_agency_check CHECK ((kind IN ('public', 'partnership')) = (agency_id IS NULL)), 
	CONSTRAINT capability_team_check CHECK (kind IN ('summary', 'full') OR (kind = 'team') = (team_id IS NOT NULL)), 
	CONSTRAINT capability_gate_check CHECK (kind IN ('summary', 'full') OR (kind = 'route') = (gate_id IS NOT NULL)), 
	CONSTRAINT capability_from_agency_check CHECK ((kind = 'route') = (from_agency_id IS NOT NULL)), 
	CONSTRAINT capability_gateway_check CHECK (gateway IS NULL OR kind = 'route'), 
	CONSTRAINT capability_kind_check CHECK (kind IN ('public', 'partnership', 'agency', 'staff', 'team', 'summary', 'full', 'route')), 
	CONSTRAINT capability_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT capability_team_id_fkey FOREIGN KEY(team_id) REFERENCES team (id), 
	CONSTRAINT capability_from_agency_id_fkey FOREIGN KEY(from_agency_id) REFERENCES agency (id)
);

CREATE TABLE client (
	id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	owner_membership_id UUID NOT NULL, 
	scopes TEXT[] NOT NULL, 
	redirect_uris TEXT[] NOT NULL, 
	grants TEXT[] NOT NULL, 
	jwks_uri VARCHAR(2000), 
	version INTEGER NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	refused_at TIMESTAMP WITH TIME ZONE, 
	refusal VARCHAR(400), 
	CONSTRAINT client_pkey PRIMARY KEY (id), 
	CONSTRAINT client_expiry_check CHECK (expires_at > created_at), 
	CONSTRAINT client_scopes_check CHECK (cardinality(scopes) > 0), 
	CONSTRAINT client_grants_check CHECK (cardinality(grants) > 0 AND grants <@ ARRAY['client_credentials', 'authorization_code']), 
	CONSTRAINT client_redirects_check CHECK (('authorization_code' = ANY (grants)) = (cardinality(redirect_uris) > 0)), 
	CONSTRAINT client_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT client_owner_membership_id_fkey FOREIGN KEY(owner_membership_id) REFERENCES membership (id)
);

CREATE INDEX client_agency_id_idx ON client (agency_id);

CREATE INDEX client_owner_membership_id_idx ON client (owner_membership_id);

CREATE TABLE disclosure_request (
	id UUID NOT NULL, 
	of_agency_id UUID NOT NULL, 
	by_agency_id UUID NOT NULL, 
	by_team_id UUID NOT NULL, 
	reason VARCHAR(40) NOT NULL, 
	reference VARCHAR(12), 
	asked_by_id UUID NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT disclosure_request_pkey PRIMARY KEY (id), 
	CONSTRAINT disclosure_request_id_of_agency_id_key UNIQUE (id, of_agency_id), 
	CONSTRAINT disclosure_request_id_by_team_id_key UNIQUE (id, by_team_id), 
	CONSTRAINT disclosure_request_by_team_id_by_agency_id_fkey FOREIGN KEY(by_team_id, by_agency_id) REFERENCES team (id, agency_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT disclosure_request_another_agency_check CHECK (of_agency_id <> by_agency_id), 
	CONSTRAINT disclosure_request_reference_check CHECK (reference ~ '^RF-[23456789BCDFGHJKMNPQRSTVWXZ]{6}$'), 
	CONSTRAINT disclosure_request_of_agency_id_fkey FOREIGN KEY(of_agency_id) REFERENCES agency (id), 
	CONSTRAINT disclosure_request_by_agency_id_fkey FOREIGN KEY(by_agency_id) REFERENCES agency (id), 
	CONSTRAINT disclosure_request_reason_check CHECK (reason IN ('threat_to_life', 'serious_harm', 'child_in_danger', 'missing', 'taken_abroad', 'released'))
);

CREATE INDEX disclosure_request_by ON disclosure_request (by_agency_id, asked_at, id);

CREATE INDEX disclosure_request_of ON disclosure_request (of_agency_id, asked_at, id);

CREATE TABLE framework_entry (
	id UUID NOT NULL, 
	framework_version_id UUID NOT NULL, 
	code VARCHAR(20) NOT NULL, 
	title VARCHAR(200) NOT NULL, 
	position INTEGER NOT NULL, 
	CONSTRAINT framework_entry_pkey PRIMARY KEY (id), 
	CONSTRAINT framework_entry_framework_version_id_code_key UNIQUE (framework_version_id, code), 
	CONSTRAINT framework_entry_framework_version_id_position_key UNIQUE (framework_version_id, position), 
	CONSTRAINT framework_entry_id_framework_version_id_key UNIQUE (id, framework_version_id), 
	CONSTRAINT framework_entry_framework_version_id_fkey FOREIGN KEY(framework_version_id) REFERENCES framework_version (id)
);

CREATE TABLE grantable_roles (
	agency_id UUID NOT NULL, 
	roles TEXT[] NOT NULL, 
	set_by_id UUID NOT NULL, 
	set_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT grantable_roles_pkey PRIMARY KEY (agency_id), 
	CONSTRAINT grantable_roles_roles_check CHECK (roles <@ ARRAY['initiative_coordinator','contributor','viewer','caseworker','team_lead','cps_liaison','marac_coordinator','marac_chair','marac_representative','designated_safeguarding_lead','conduct_lead','data_protection_lead','authorised_signatory','agency_spoc','programme_lead','agency_administrator','partnership_administrator','independent_reviewer','auditor']::text[]), 
	CONSTRAINT grantable_roles_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT grantable_roles_set_by_id_fkey FOREIGN KEY(set_by_id) REFERENCES membership (id)
);

CREATE INDEX grantable_roles_set_by_id_idx ON grantable_roles (set_by_id);

CREATE TABLE initiative (
	id UUID NOT NULL, 
	reference VARCHAR(12) NOT NULL, 
	title VARCHAR(120) NOT NULL, 
	summary VARCHAR(4000) NOT NULL, 
	lead_agency_id UUID NOT NULL, 
	lead_team_id UUID, 
	stage VARCHAR(40) NOT NULL, 
	visibility VARCHAR(40) NOT NULL, 
	sent_at TIMESTAMP WITH TIME ZONE, 
	timing VARCHAR(40) NOT NULL, 
	starts_on DATE, 
	ends_on DATE, 
	review_on DATE, 
	timing_source VARCHAR(200), 
	audience VARCHAR(200), 
	place VARCHAR(200), 
	equality_impact VARCHAR(4000), 
	equality_reviewed_on DATE, 
	rating VARCHAR(40) NOT NULL, 
	source VARCHAR(200), 
	is_sample BOOLEAN NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	CONSTRAINT initiative_pkey PRIMARY KEY (id), 
	CONSTRAINT initiative_dates_check CHECK (ends_on >= starts_on), 
	CONSTRAINT initiative_timing_known_check CHECK (CASE timing WHEN 'open_ended' THEN review_on IS NOT NULL WHEN 'unknown' THEN timing_source IS NOT NULL ELSE stage IN ('proposed', 'cancelled') OR starts_on IS NOT NULL AND ends_on IS NOT NULL END), 
	CONSTRAINT initiative_sent_check CHECK (visibility = 'draft' OR sent_at IS NOT NULL), 
	CONSTRAINT initiative_title_check CHECK (length(btrim(title)) > 0), 
	CONSTRAINT initiative_lead_team_id_lead_agency_id_fkey FOREIGN KEY(lead_team_id, lead_agency_id) REFERENCES team (id, agency_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT initiative_reference_key UNIQUE (reference), 
	CONSTRAINT initiative_lead_agency_id_fkey FOREIGN KEY(lead_agency_id) REFERENCES agency (id), 
	CONSTRAINT initiative_stage_check CHECK (stage IN ('proposed', 'approved', 'live', 'paused', 'complete', 'closed', 'cancelled')), 
	CONSTRAINT initiative_visibility_check CHECK (visibility IN ('draft', 'partners', 'partnership', 'public')), 
	CONSTRAINT initiative_timing_check CHECK (timing IN ('dated', 'open_ended', 'unknown')), 
	CONSTRAINT initiative_rating_check CHECK (rating IN ('not_started', 'red', 'amber', 'green', 'blue'))
);

CREATE INDEX initiative_by_last_day ON initiative (coalesce(ends_on, '9999-12-30'::date), id);

CREATE INDEX initiative_by_title ON initiative (title, id);

CREATE INDEX initiative_latest_change ON initiative (updated_at, id);

CREATE INDEX initiative_lead_agency_id_idx ON initiative (lead_agency_id);

CREATE INDEX initiative_lead_team_id_idx ON initiative (lead_team_id);

CREATE INDEX initiative_newest ON initiative (created_at, id);

CREATE TABLE invitation (
	id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	role VARCHAR(40), 
	for_whom VARCHAR(120) NOT NULL, 
	rebinds_id UUID, 
	token_hash BYTEA, 
	made_by_id UUID, 
	made_person_id UUID, 
	made_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	confirmed_by_id UUID, 
	confirmed_person_id UUID, 
	confirmed_at TIMESTAMP WITH TIME ZONE, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	used_at TIMESTAMP WITH TIME ZONE, 
	withdrawn_at TIMESTAMP WITH TIME ZONE, 
	joined_id UUID, 
	CONSTRAINT invitation_pkey PRIMARY KEY (id), 
	CONSTRAINT invitation_hash_check CHECK (octet_length(token_hash) = 32), 
	CONSTRAINT invitation_week_check CHECK (expires_at <= coalesce(confirmed_at, made_at) + interval '7 days'), 
	CONSTRAINT invitation_rebinding_check CHECK (rebinds_id IS NULL OR role IS NULL), 
	CONSTRAINT invitation_made_by_two_check CHECK ((token_hash IS NULL) = (rebinds_id IS NOT NULL AND confirmed_by_id IS NULL)), 
	CONSTRAINT invitation_asked_check CHECK (rebinds_id IS NULL OR made_person_id IS NOT NULL), 
	CONSTRAINT invitation_second_person_check CHECK (confirmed_person_id <> made_person_id), 
	CONSTRAINT invitation_confirmation_check CHECK ((confirmed_by_id IS NULL) = (confirmed_person_id IS NULL) AND (confirmed_by_id IS NULL) = (confirmed_at IS NULL)), 
	CONSTRAINT invitation_used_check CHECK ((used_at IS NULL) = (joined_id IS NULL)), 
	CONSTRAINT invitation_used_with_check CHECK (used_at IS NULL OR token_hash IS NOT NULL), 
	CONSTRAINT invitation_over_check CHECK (used_at IS NULL OR withdrawn_at IS NULL), 
	CONSTRAINT invitation_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT invitation_role_check CHECK (role IN ('initiative_coordinator', 'contributor', 'viewer', 'caseworker', 'team_lead', 'cps_liaison', 'marac_coordinator', 'marac_chair', 'marac_representative', 'designated_safeguarding_lead', 'conduct_lead', 'data_protection_lead', 'authorised_signatory', 'agency_spoc', 'programme_lead', 'agency_administrator', 'partnership_administrator', 'independent_reviewer', 'auditor')), 
	CONSTRAINT invitation_rebinds_id_fkey FOREIGN KEY(rebinds_id) REFERENCES membership (id), 
	CONSTRAINT invitation_token_hash_key UNIQUE (token_hash), 
	CONSTRAINT invitation_made_by_id_fkey FOREIGN KEY(made_by_id) REFERENCES membership (id), 
	CONSTRAINT invitation_made_person_id_fkey FOREIGN KEY(made_person_id) REFERENCES person (id), 
	CONSTRAINT invitation_confirmed_by_id_fkey FOREIGN KEY(confirmed_by_id) REFERENCES membership (id), 
	CONSTRAINT invitation_confirmed_person_id_fkey FOREIGN KEY(confirmed_person_id) REFERENCES person (id), 
	CONSTRAINT invitation_joined_id_fkey FOREIGN KEY(joined_id) REFERENCES membership (id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX invitation_agency_id_idx ON invitation (agency_id);

CREATE INDEX invitation_made_by_id_idx ON invitation (made_by_id);

CREATE INDEX invitation_rebinds_id_idx ON invitation (rebinds_id);

CREATE TABLE marac_meeting (
	id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	team_id UUID NOT NULL, 
	area_code VARCHAR(9) NOT NULL, 
	held_on DATE NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	CONSTRAINT marac_meeting_pkey PRIMARY KEY (id), 
	CONSTRAINT marac_meeting_team_id_agency_id_fkey FOREIGN KEY(team_id, agency_id) REFERENCES team (id, agency_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT marac_meeting_team_id_held_on_key UNIQUE (team_id, held_on), 
	CONSTRAINT marac_meeting_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT marac_meeting_area_code_fkey FOREIGN KEY(area_code) REFERENCES area (code), 
	CONSTRAINT marac_meeting_kind_check CHECK (kind IN ('ordinary', 'urgent'))
);

CREATE INDEX marac_meeting_by_day ON marac_meeting (held_on, id);

CREATE TABLE marac_seat (
	id UUID NOT NULL, 
	marac_team_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	team_id UUID NOT NULL, 
	starts_on DATE NOT NULL, 
	ends_on DATE, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	CONSTRAINT marac_seat_pkey PRIMARY KEY (id), 
	CONSTRAINT marac_seat_team_id_agency_id_fkey FOREIGN KEY(team_id, agency_id) REFERENCES team (id, agency_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT marac_seat_marac_team_id_team_id_key UNIQUE (marac_team_id, team_id), 
	CONSTRAINT marac_seat_dates_check CHECK (ends_on >= starts_on), 
	CONSTRAINT marac_seat_marac_team_id_fkey FOREIGN KEY(marac_team_id) REFERENCES team (id), 
	CONSTRAINT marac_seat_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id)
);

CREATE INDEX marac_seat_of_agency ON marac_seat (agency_id, marac_team_id);

CREATE TABLE membership_name (
	membership_id UUID NOT NULL, 
	name VARCHAR(120) NOT NULL, 
	acl INTEGER[] NOT NULL, 
	CONSTRAINT membership_name_pkey PRIMARY KEY (membership_id), 
	CONSTRAINT membership_name_membership_id_fkey FOREIGN KEY(membership_id) REFERENCES membership (id)
);

CREATE TABLE membership_role (
	membership_id UUID NOT NULL, 
	role VARCHAR(40) NOT NULL, 
	deputy BOOLEAN DEFAULT false NOT NULL, 
	title VARCHAR(40), 
	ends_on DATE, 
	CONSTRAINT membership_role_pkey PRIMARY KEY (membership_id, role), 
	CONSTRAINT membership_role_deputy_check CHECK (role = 'agency_spoc' OR NOT deputy), 
	CONSTRAINT membership_role_signs_check CHECK ((role = 'authorised_signatory') = (title IS NOT NULL)), 
	CONSTRAINT membership_role_auditor_check CHECK (role <> 'auditor' OR ends_on IS NOT NULL), 
	CONSTRAINT membership_role_membership_id_fkey FOREIGN KEY(membership_id) REFERENCES membership (id), 
	CONSTRAINT membership_role_role_check CHECK (role IN ('initiative_coordinator', 'contributor', 'viewer', 'caseworker', 'team_lead', 'cps_liaison', 'marac_coordinator', 'marac_chair', 'marac_representative', 'designated_safeguarding_lead', 'conduct_lead', 'data_protection_lead', 'authorised_signatory', 'agency_spoc', 'programme_lead', 'agency_administrator', 'partnership_administrator', 'independent_reviewer', 'auditor')), 
	CONSTRAINT membership_role_title_check CHECK (title IN ('siro', 'caldicott_guardian', 'chief_crown_prosecutor', 'chief_officer', 'chief_executive', 'trustee', 'registrar'))
);

CREATE TABLE outbox_message (
	id UUID NOT NULL, 
	person_id UUID, 
	team_id UUID, 
	state VARCHAR(40) NOT NULL, 
	written_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	next_try_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	attempts INTEGER NOT NULL, 
	refusals INTEGER NOT NULL, 
	reply VARCHAR(20), 
	lease UUID, 
	leased_until TIMESTAMP WITH TIME ZONE, 
	sent_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT outbox_message_pkey PRIMARY KEY (id), 
	CONSTRAINT outbox_message_recipient_check CHECK (num_nonnulls(person_id, team_id) = 1), 
	CONSTRAINT outbox_message_lease_check CHECK ((lease IS NULL) = (leased_until IS NULL)), 
	CONSTRAINT outbox_message_leased_check CHECK (lease IS NULL OR state = 'waiting'), 
	CONSTRAINT outbox_message_sent_at_check CHECK ((state = 'sent') = (sent_at IS NOT NULL)), 
	CONSTRAINT outbox_message_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id), 
	CONSTRAINT outbox_message_team_id_fkey FOREIGN KEY(team_id) REFERENCES team (id), 
	CONSTRAINT outbox_message_state_check CHECK (state IN ('waiting', 'sent', 'dead', 'not_needed'))
);

CREATE INDEX outbox_message_newest ON outbox_message (written_at, id);

CREATE INDEX outbox_message_person_id_idx ON outbox_message (person_id);

CREATE INDEX outbox_message_team_id_idx ON outbox_message (team_id);

CREATE INDEX outbox_message_waiting ON outbox_message (next_try_at, id) WHERE state = 'waiting';

CREATE TABLE pathway_team (
	id UUID NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	valid_from DATE NOT NULL, 
	proposed_by_id UUID, 
	answered_by_id UUID, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	answer_note VARCHAR(400), 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	pathway VARCHAR(40) NOT NULL, 
	area_code VARCHAR(9) NOT NULL, 
	team_id UUID NOT NULL, 
	automatic BOOLEAN, 
	CONSTRAINT pathway_team_pkey PRIMARY KEY (id), 
	CONSTRAINT pathway_team_state_check CHECK (state IN ('proposed', 'confirmed', 'declined')), 
	CONSTRAINT pathway_team_area_code_fkey FOREIGN KEY(area_code) REFERENCES area (code), 
	CONSTRAINT pathway_team_team_id_fkey FOREIGN KEY(team_id) REFERENCES team (id)
);

CREATE UNIQUE INDEX pathway_team_begins ON pathway_team (pathway, area_code, valid_from) WHERE state = 'confirmed';

CREATE TABLE risk_threshold (
	id UUID NOT NULL, 
	risk_scale_id UUID NOT NULL, 
	highest INTEGER NOT NULL, 
	grade VARCHAR(20) NOT NULL, 
	at_least INTEGER NOT NULL, 
	high_risk BOOLEAN NOT NULL, 
	CONSTRAINT risk_threshold_pkey PRIMARY KEY (id), 
	CONSTRAINT risk_threshold_risk_scale_id_highest_fkey FOREIGN KEY(risk_scale_id, highest) REFERENCES risk_scale (id, highest), 
	CONSTRAINT risk_threshold_risk_scale_id_grade_key UNIQUE (risk_scale_id, grade), 
	CONSTRAINT risk_threshold_risk_scale_id_at_least_key UNIQUE (risk_scale_id, at_least), 
	CONSTRAINT risk_threshold_score_check CHECK (at_least >= 0 AND at_least <= highest), 
	CONSTRAINT risk_threshold_grade_check CHECK (grade ~ '^[a-z][a-z_]{1,19}$')
);

CREATE TABLE role_mapping (
	provider_id UUID NOT NULL, 
	app_role VARCHAR(120) NOT NULL, 
	role VARCHAR(40) NOT NULL, 
	CONSTRAINT role_mapping_pkey PRIMARY KEY (provider_id, app_role, role), 
	CONSTRAINT role_mapping_mappable_check CHECK (role IN ('initiative_coordinator', 'contributor', 'viewer', 'agency_spoc', 'programme_lead')), 
	CONSTRAINT role_mapping_app_role_check CHECK (app_role <> ''), 
	CONSTRAINT role_mapping_provider_id_fkey FOREIGN KEY(provider_id) REFERENCES identity_provider (id), 
	CONSTRAINT role_mapping_role_check CHECK (role IN ('initiative_coordinator', 'contributor', 'viewer', 'caseworker', 'team_lead', 'cps_liaison', 'marac_coordinator', 'marac_chair', 'marac_representative', 'designated_safeguarding_lead', 'conduct_lead', 'data_protection_lead', 'authorised_signatory', 'agency_spoc', 'programme_lead', 'agency_administrator', 'partnership_administrator', 'independent_reviewer', 'auditor'))
);

CREATE TABLE role_request (
	id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	membership_id UUID NOT NULL, 
	person_id UUID NOT NULL, 
	role VARCHAR(40) NOT NULL, 
	deputy BOOLEAN NOT NULL, 
	title VARCHAR(40), 
	ends_on DATE, 
	asked_by_id UUID NOT NULL, 
	asked_person_id UUID NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	answered_by_id UUID, 
	answered_person_id UUID, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	reason VARCHAR(400), 
	CONSTRAINT role_request_pkey PRIMARY KEY (id), 
	CONSTRAINT role_request_to_oneself_check CHECK (asked_person_id <> person_id), 
	CONSTRAINT role_request_second_person_check CHECK (answered_person_id <> asked_person_id), 
	CONSTRAINT role_request_by_oneself_check CHECK (answered_person_id <> person_id), 
	CONSTRAINT role_request_answer_check CHECK ((state IN ('confirmed', 'declined')) = (answered_by_id IS NOT NULL)), 
	CONSTRAINT role_request_answering_person_check CHECK ((answered_by_id IS NULL) = (answered_person_id IS NULL)), 
	CONSTRAINT role_request_answered_at_check CHECK ((state IN ('waiting', 'given')) = (answered_at IS NULL)), 
	CONSTRAINT role_request_deputy_check CHECK (role = 'agency_spoc' OR NOT deputy), 
	CONSTRAINT role_request_signs_check CHECK ((role = 'authorised_signatory') = (title IS NOT NULL)), 
	CONSTRAINT role_request_auditor_check CHECK (role <> 'auditor' OR ends_on IS NOT NULL), 
	CONSTRAINT role_request_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT role_request_membership_id_fkey FOREIGN KEY(membership_id) REFERENCES membership (id), 
	CONSTRAINT role_request_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id), 
	CONSTRAINT role_request_role_check CHECK (role IN ('initiative_coordinator', 'contributor', 'viewer', 'caseworker', 'team_lead', 'cps_liaison', 'marac_coordinator', 'marac_chair', 'marac_representative', 'designated_safeguarding_lead', 'conduct_lead', 'data_protection_lead', 'authorised_signatory', 'agency_spoc', 'programme_lead', 'agency_administrator', 'partnership_administrator', 'independent_reviewer', 'auditor')), 
	CONSTRAINT role_request_title_check CHECK (title IN ('siro', 'caldicott_guardian', 'chief_crown_prosecutor', 'chief_officer', 'chief_executive', 'trustee', 'registrar')), 
	CONSTRAINT role_request_asked_by_id_fkey FOREIGN KEY(asked_by_id) REFERENCES membership (id), 
	CONSTRAINT role_request_asked_person_id_fkey FOREIGN KEY(asked_person_id) REFERENCES person (id), 
	CONSTRAINT role_request_state_check CHECK (state IN ('waiting', 'given', 'confirmed', 'declined', 'taken_back')), 
	CONSTRAINT role_request_answered_by_id_fkey FOREIGN KEY(answered_by_id) REFERENCES membership (id), 
	CONSTRAINT role_request_answered_person_id_fkey FOREIGN KEY(answered_person_id) REFERENCES person (id)
);

CREATE INDEX role_request_agency_id_idx ON role_request (agency_id);

CREATE INDEX role_request_asked_by_id_idx ON role_request (asked_by_id);

CREATE INDEX role_request_membership_id_idx ON role_request (membership_id);

CREATE INDEX role_request_person_id_idx ON role_request (person_id);

CREATE UNIQUE INDEX role_request_waiting ON role_request (membership_id, role) WHERE state = 'waiting';

CREATE TABLE school_term (
	id UUID NOT NULL, 
	school_year_id UUID NOT NULL, 
	school_year INTEGER NOT NULL, 
	name VARCHAR(80) NOT NULL, 
	first_on DATE NOT NULL, 
	last_on DATE NOT NULL, 
	CONSTRAINT school_term_pkey PRIMARY KEY (id), 
	CONSTRAINT school_term_school_year_id_school_year_fkey FOREIGN KEY(school_year_id, school_year) REFERENCES school_year (id, school_year), 
	CONSTRAINT school_term_school_year_id_first_on_key UNIQUE (school_year_id, first_on), 
	CONSTRAINT school_term_dates_check CHECK (last_on >= first_on), 
	CONSTRAINT school_term_name_check CHECK (length(btrim(name)) > 0), 
	CONSTRAINT school_term_school_year_check CHECK (first_on >= make_date(school_year, 8, 1) AND last_on < make_date(school_year + 1, 9, 1))
);

CREATE TABLE standing (
	id UUID NOT NULL, 
	membership_id UUID NOT NULL, 
	training_until DATE, 
	vetting_until DATE, 
	confidentiality_until DATE, 
	recorded_by_id UUID, 
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT standing_pkey PRIMARY KEY (id), 
	CONSTRAINT standing_membership_id_key UNIQUE (membership_id), 
	CONSTRAINT standing_membership_id_fkey FOREIGN KEY(membership_id) REFERENCES membership (id), 
	CONSTRAINT standing_recorded_by_id_fkey FOREIGN KEY(recorded_by_id) REFERENCES membership (id)
);

CREATE INDEX standing_recorded_by_id_idx ON standing (recorded_by_id);

CREATE TABLE team_member (
	team_id UUID NOT NULL, 
	membership_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	leads BOOLEAN NOT NULL, 
	CONSTRAINT team_member_pkey PRIMARY KEY (team_id, membership_id), 
	CONSTRAINT team_member_team_id_agency_id_fkey FOREIGN KEY(team_id, agency_id) REFERENCES team (id, agency_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT team_member_membership_id_agency_id_fkey FOREIGN KEY(membership_id, agency_id) REFERENCES membership (id, agency_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX team_member_membership_id_idx ON team_member (membership_id);

CREATE TABLE action (
	id UUID NOT NULL, 
	initiative_id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	title VARCHAR(200) NOT NULL, 
	detail VARCHAR(4000) NOT NULL, 
	owner_team_id UUID NOT NULL, 
	owner_agency_id UUID NOT NULL, 
	allocated_to_id UUID, 
	due_on DATE NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	done_on DATE, 
	done_note VARCHAR(2000), 
	not_done_reason VARCHAR(1000), 
	evidence_url VARCHAR(1000), 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	created_by_id UUID NOT NULL, 
	CONSTRAINT action_pkey PRIMARY KEY (id), 
	CONSTRAINT action_owner_team_id_owner_agency_id_fkey FOREIGN KEY(owner_team_id, owner_agency_id) REFERENCES team (id, agency_id) ON UPDATE CASCADE, 
	CONSTRAINT action_owner_team_id_allocated_to_id_fkey FOREIGN KEY(owner_team_id, allocated_to_id) REFERENCES team_member (team_id, membership_id) ON DELETE SET NULL (allocated_to_id), 
	CONSTRAINT action_id_initiative_id_key UNIQUE (id, initiative_id), 
	CONSTRAINT action_title_check CHECK (length(btrim(title)) > 0), 
	CONSTRAINT action_done_on_check CHECK ((state = 'done') = (done_on IS NOT NULL)), 
	CONSTRAINT action_not_done_check CHECK ((state = 'not_done') = (not_done_reason IS NOT NULL)), 
	CONSTRAINT action_not_done_reason_check CHECK (length(btrim(not_done_reason)) > 0), 
	CONSTRAINT action_evidence_url_check CHECK (evidence_url ~ '^https?://[^[:space:]]+$'), 
	CONSTRAINT action_initiative_id_fkey FOREIGN KEY(initiative_id) REFERENCES initiative (id) ON DELETE CASCADE, 
	CONSTRAINT action_state_check CHECK (state IN ('open', 'in_progress', 'done', 'not_done'))
);

CREATE INDEX action_allocated ON action (allocated_to_id, due_on, id);

CREATE INDEX action_by_initiative ON action (initiative_id, due_on, id);

CREATE INDEX action_by_team ON action (owner_team_id, allocated_to_id);

CREATE INDEX action_latest_change ON action (updated_at, id);

CREATE INDEX action_newest ON action (created_at, id);

CREATE INDEX action_of_agency ON action (owner_agency_id, due_on, id) WHERE state IN ('open', 'in_progress');

CREATE INDEX action_of_team ON action (owner_team_id, due_on, id) WHERE state IN ('open', 'in_progress');

CREATE INDEX action_unfinished ON action (due_on, id) WHERE state IN ('open', 'in_progress');

CREATE TABLE agreement_advice (
	id UUID NOT NULL, 
	agreement_id UUID NOT NULL, 
	acl INTEGER[] NOT NULL, 
	agreement_version_id UUID NOT NULL, 
	party_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	verdict VARCHAR(40) NOT NULL, 
	text VARCHAR(2000) NOT NULL, 
	advised_by_id UUID NOT NULL, 
	advised_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT agreement_advice_pkey PRIMARY KEY (id), 
	CONSTRAINT agreement_advice_agreement_version_id_agreement_id_fkey FOREIGN KEY(agreement_version_id, agreement_id) REFERENCES agreement_version (id, agreement_id), 
	CONSTRAINT agreement_advice_party_id_agreement_id_fkey FOREIGN KEY(party_id, agreement_id) REFERENCES agreement_party (id, agreement_id), 
	CONSTRAINT agreement_advice_party_id_agency_id_fkey FOREIGN KEY(party_id, agency_id) REFERENCES agreement_party (id, agency_id), 
	CONSTRAINT agreement_advice_text_check CHECK (length(btrim(text)) > 0), 
	CONSTRAINT agreement_advice_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES agreement (id), 
	CONSTRAINT agreement_advice_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT agreement_advice_verdict_check CHECK (verdict IN ('supports', 'with_conditions', 'against')), 
	CONSTRAINT agreement_advice_advised_by_id_fkey FOREIGN KEY(advised_by_id) REFERENCES membership (id)
);

CREATE INDEX agreement_advice_agreement_id_idx ON agreement_advice (agreement_id);

CREATE INDEX agreement_advice_newest ON agreement_advice (agreement_version_id, advised_at, id);

CREATE TABLE agreement_event (
	id UUID NOT NULL, 
	agreement_id UUID NOT NULL, 
	acl INTEGER[] NOT NULL, 
	move VARCHAR(40) NOT NULL, 
	agreement_version_id UUID, 
	party_id UUID, 
	reason VARCHAR(1000), 
	by_id UUID, 
	by_agency_id UUID, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT agreement_event_pkey PRIMARY KEY (id), 
	CONSTRAINT agreement_event_agreement_version_id_agreement_id_fkey FOREIGN KEY(agreement_version_id, agreement_id) REFERENCES agreement_version (id, agreement_id), 
	CONSTRAINT agreement_event_party_id_agreement_id_fkey FOREIGN KEY(party_id, agreement_id) REFERENCES agreement_party (id, agreement_id), 
	CONSTRAINT agreement_event_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES agreement (id), 
	CONSTRAINT agreement_event_move_check CHECK (move IN ('drafted', 'changed', 'amended', 'party_named', 'sent', 'dropped', 'advised', 'signed', 'agreed', 'consented', 'joined', 'party_suspended', 'party_resumed', 'party_left', 'suspended', 'resumed', 'withdrawn')), 
	CONSTRAINT agreement_event_by_agency_id_fkey FOREIGN KEY(by_agency_id) REFERENCES agency (id)
);

CREATE INDEX agreement_event_agreement_id_idx ON agreement_event (agreement_id);

CREATE INDEX agreement_event_newest ON agreement_event (agreement_id, at, id);

CREATE TABLE agreement_signature (
	id UUID NOT NULL, 
	agreement_id UUID NOT NULL, 
	acl INTEGER[] NOT NULL, 
	agreement_version_id UUID NOT NULL, 
	party_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	signed_by_id UUID NOT NULL, 
	title VARCHAR(40) NOT NULL, 
	signed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT agreement_signature_pkey PRIMARY KEY (id), 
	CONSTRAINT agreement_signature_agreement_version_id_party_id_key UNIQUE (agreement_version_id, party_id), 
	CONSTRAINT agreement_signature_agreement_version_id_agreement_id_fkey FOREIGN KEY(agreement_version_id, agreement_id) REFERENCES agreement_version (id, agreement_id), 
	CONSTRAINT agreement_signature_party_id_agreement_id_fkey FOREIGN KEY(party_id, agreement_id) REFERENCES agreement_party (id, agreement_id), 
	CONSTRAINT agreement_signature_party_id_agency_id_fkey FOREIGN KEY(party_id, agency_id) REFERENCES agreement_party (id, agency_id), 
	CONSTRAINT agreement_signature_agreement_id_fkey FOREIGN KEY(agreement_id) REFERENCES agreement (id), 
	CONSTRAINT agreement_signature_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT agreement_signature_signed_by_id_fkey FOREIGN KEY(signed_by_id) REFERENCES membership (id), 
	CONSTRAINT agreement_signature_title_check CHECK (title IN ('siro', 'caldicott_guardian', 'chief_crown_prosecutor', 'chief_officer', 'chief_executive', 'trustee', 'registrar'))
);

CREATE INDEX agreement_signature_agreement_id_idx ON agreement_signature (agreement_id);

CREATE TABLE auth_secret.pushed_request (
	name_hash BYTEA NOT NULL, 
	client_id UUID NOT NULL, 
	parameters JSON NOT NULL, 
	thumbprint VARCHAR, 
	pushed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	opened_at TIMESTAMP WITH TIME ZONE, 
	used_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT pushed_request_pkey PRIMARY KEY (name_hash), 
	CONSTRAINT pushed_request_hash_check CHECK (octet_length(name_hash) = 32), 
	CONSTRAINT pushed_request_thumbprint_check CHECK (length(thumbprint) = 43), 
	CONSTRAINT pushed_request_short_check CHECK (expires_at <= coalesce(opened_at + interval '10 minutes', pushed_at + interval '90 seconds')), 
	CONSTRAINT pushed_request_order_check CHECK (opened_at <= pushed_at + interval '90 seconds' AND used_at >= opened_at), 
	CONSTRAINT pushed_request_client_id_fkey FOREIGN KEY(client_id) REFERENCES client (id)
);

CREATE INDEX pushed_request_client_id_idx ON auth_secret.pushed_request (client_id);

CREATE TABLE auth_secret.seen_assertion (
	assertion BYTEA NOT NULL, 
	client_id UUID NOT NULL, 
	seen_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT seen_assertion_pkey PRIMARY KEY (assertion), 
	CONSTRAINT seen_assertion_hash_check CHECK (octet_length(assertion) = 32), 
	CONSTRAINT seen_assertion_client_id_fkey FOREIGN KEY(client_id) REFERENCES client (id)
);

CREATE TABLE auth_secret.session_secret (
	session_id UUID NOT NULL, 
	token_hash BYTEA NOT NULL, 
	CONSTRAINT session_secret_pkey PRIMARY KEY (session_id), 
	CONSTRAINT session_secret_hash_check CHECK (octet_length(token_hash) = 32), 
	CONSTRAINT session_secret_session_id_fkey FOREIGN KEY(session_id) REFERENCES browser_session (id), 
	CONSTRAINT session_secret_token_hash_key UNIQUE (token_hash)
);

CREATE TABLE client_acceptance (
	id UUID NOT NULL, 
	owner_membership_id UUID NOT NULL, 
	accepted_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	scopes TEXT[] NOT NULL, 
	grants TEXT[] NOT NULL, 
	redirect_uris TEXT[] NOT NULL, 
	jwks_uri VARCHAR(2000), 
	thumbprints TEXT[] NOT NULL, 
	CONSTRAINT client_acceptance_pkey PRIMARY KEY (id), 
	CONSTRAINT client_acceptance_grants_check CHECK (cardinality(grants) > 0 AND grants <@ ARRAY['client_credentials', 'authorization_code']), 
	CONSTRAINT client_acceptance_id_fkey FOREIGN KEY(id) REFERENCES client (id) ON DELETE CASCADE, 
	CONSTRAINT client_acceptance_owner_membership_id_fkey FOREIGN KEY(owner_membership_id) REFERENCES membership (id)
);

CREATE INDEX client_acceptance_owner_membership_id_idx ON client_acceptance (owner_membership_id);

CREATE TABLE client_key (
	id UUID NOT NULL, 
	client_id UUID NOT NULL, 
	jwk JSON NOT NULL, 
	thumbprint VARCHAR NOT NULL, 
	added_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	retired_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT client_key_pkey PRIMARY KEY (id), 
	CONSTRAINT client_key_client_id_thumbprint_key UNIQUE (client_id, thumbprint), 
	CONSTRAINT client_key_public_check CHECK ((jwk -> 'd') IS NULL AND (jwk -> 'k') IS NULL), 
	CONSTRAINT client_key_thumbprint_check CHECK (length(thumbprint) = 43), 
	CONSTRAINT client_key_retirement_check CHECK (retired_at >= added_at), 
	CONSTRAINT client_key_client_id_fkey FOREIGN KEY(client_id) REFERENCES client (id)
);

CREATE TABLE client_use (
	client_id UUID NOT NULL, 
	thumbprint VARCHAR NOT NULL, 
	used_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT client_use_pkey PRIMARY KEY (client_id, thumbprint), 
	CONSTRAINT client_use_thumbprint_check CHECK (length(thumbprint) = 43), 
	CONSTRAINT client_use_client_id_fkey FOREIGN KEY(client_id) REFERENCES client (id) ON DELETE CASCADE
);

CREATE TABLE comment (
	id UUID NOT NULL, 
	initiative_id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	audience VARCHAR(40) NOT NULL, 
	author_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	text VARCHAR(4000), 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	withdrawn_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT comment_pkey PRIMARY KEY (id), 
	CONSTRAINT comment_withdrawn_check CHECK ((text IS NULL) = (withdrawn_at IS NOT NULL)), 
	CONSTRAINT comment_text_check CHECK (length(btrim(text)) > 0), 
	CONSTRAINT comment_initiative_id_fkey FOREIGN KEY(initiative_id) REFERENCES initiative (id) ON DELETE CASCADE, 
	CONSTRAINT comment_audience_check CHECK (audience IN ('partners', 'agency')), 
	CONSTRAINT comment_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id)
);

CREATE INDEX comment_agency_id_idx ON comment (agency_id);

CREATE INDEX comment_by_initiative ON comment (initiative_id, created_at, id);

CREATE TABLE consent (
	id UUID NOT NULL, 
	client_id UUID NOT NULL, 
	membership_id UUID NOT NULL, 
	person_id UUID NOT NULL, 
	provider_id UUID, 
	scopes TEXT[] NOT NULL, 
	given_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT consent_pkey PRIMARY KEY (id), 
	CONSTRAINT consent_scopes_check CHECK (cardinality(scopes) > 0), 
	CONSTRAINT consent_expiry_check CHECK (expires_at > given_at), 
	CONSTRAINT consent_client_id_fkey FOREIGN KEY(client_id) REFERENCES client (id), 
	CONSTRAINT consent_membership_id_fkey FOREIGN KEY(membership_id) REFERENCES membership (id), 
	CONSTRAINT consent_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id)
);

CREATE INDEX consent_client_id_idx ON consent (client_id);

CREATE INDEX consent_membership_id_idx ON consent (membership_id);

CREATE INDEX consent_person_id_idx ON consent (person_id);

CREATE INDEX consent_provider_id_idx ON consent (provider_id);

CREATE TABLE cover (
	id UUID NOT NULL, 
	team_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	member_id UUID NOT NULL, 
	covered_by_id UUID NOT NULL, 
	first_on DATE NOT NULL, 
	last_on DATE NOT NULL, 
	set_by_id UUID NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	CONSTRAINT cover_pkey PRIMARY KEY (id), 
	CONSTRAINT cover_team_id_agency_id_fkey FOREIGN KEY(team_id, agency_id) REFERENCES team (id, agency_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT cover_team_id_member_id_fkey FOREIGN KEY(team_id, member_id) REFERENCES team_member (team_id, membership_id) ON DELETE CASCADE, 
	CONSTRAINT cover_team_id_covered_by_id_fkey FOREIGN KEY(team_id, covered_by_id) REFERENCES team_member (team_id, membership_id) ON DELETE CASCADE, 
	CONSTRAINT cover_dates_check CHECK (last_on BETWEEN first_on AND first_on + 366), 
	CONSTRAINT cover_another_check CHECK (member_id <> covered_by_id)
);

CREATE INDEX cover_by_member ON cover (covered_by_id, last_on, id);

CREATE INDEX cover_of_agency ON cover (agency_id, first_on, id);

CREATE INDEX cover_of_member ON cover (team_id, member_id, last_on, id);

CREATE TABLE evidence_item (
	id UUID NOT NULL, 
	initiative_id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	title VARCHAR(200) NOT NULL, 
	edition VARCHAR(40), 
	url VARCHAR(1000) NOT NULL, 
	framework_entry_id UUID, 
	review_on DATE, 
	state VARCHAR(40) NOT NULL, 
	withdrawn_reason VARCHAR(1000), 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT evidence_item_pkey PRIMARY KEY (id), 
	CONSTRAINT evidence_item_title_check CHECK (length(btrim(title)) > 0), 
	CONSTRAINT evidence_item_url_check CHECK (url ~ '^https?://[^[:space:]]+$'), 
	CONSTRAINT evidence_item_withdrawn_check CHECK ((state = 'withdrawn') = (withdrawn_reason IS NOT NULL)), 
	CONSTRAINT evidence_item_withdrawn_reason_check CHECK (length(btrim(withdrawn_reason)) > 0), 
	CONSTRAINT evidence_item_initiative_id_fkey FOREIGN KEY(initiative_id) REFERENCES initiative (id) ON DELETE CASCADE, 
	CONSTRAINT evidence_item_framework_entry_id_fkey FOREIGN KEY(framework_entry_id) REFERENCES framework_entry (id), 
	CONSTRAINT evidence_item_state_check CHECK (state IN ('current', 'withdrawn'))
);

CREATE INDEX evidence_item_by_initiative ON evidence_item (initiative_id, created_at, id);

CREATE INDEX evidence_item_framework_entry_id_idx ON evidence_item (framework_entry_id);

CREATE TABLE funding_line (
	id UUID NOT NULL, 
	initiative_id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	source VARCHAR(120) NOT NULL, 
	grant_reference VARCHAR(60), 
	amount NUMERIC(14, 2) NOT NULL, 
	financial_year INTEGER, 
	spent NUMERIC(14, 2) NOT NULL, 
	is_match BOOLEAN NOT NULL, 
	note VARCHAR(1000), 
	is_sample BOOLEAN NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT funding_line_pkey PRIMARY KEY (id), 
	CONSTRAINT funding_line_source_check CHECK (length(btrim(source)) > 0), 
	CONSTRAINT funding_line_grant_reference_check CHECK (length(btrim(grant_reference)) > 0), 
	CONSTRAINT funding_line_amount_check CHECK (amount > 0), 
	CONSTRAINT funding_line_spent_check CHECK (spent >= 0), 
	CONSTRAINT funding_line_financial_year_check CHECK (financial_year BETWEEN 2000 AND 2099), 
	CONSTRAINT funding_line_year_unknown_check CHECK (financial_year IS NOT NULL OR coalesce(length(btrim(note)), 0) > 0), 
	CONSTRAINT funding_line_initiative_id_fkey FOREIGN KEY(initiative_id) REFERENCES initiative (id) ON DELETE CASCADE
);

CREATE INDEX funding_line_by_grant ON funding_line (lower(source), lower(coalesce(grant_reference, '')), coalesce(financial_year, 0));

CREATE INDEX funding_line_by_initiative ON funding_line (initiative_id, created_at, id);

CREATE UNIQUE INDEX funding_line_grant_once ON funding_line (initiative_id, lower(source), lower(coalesce(grant_reference, '')), coalesce(financial_year, 0)) WHERE NOT is_match;

CREATE INDEX funding_line_newest ON funding_line (created_at, id);

CREATE TABLE initiative_area (
	id UUID NOT NULL, 
	initiative_id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	area_code VARCHAR NOT NULL, 
	CONSTRAINT initiative_area_pkey PRIMARY KEY (id), 
	CONSTRAINT initiative_area_initiative_id_area_code_key UNIQUE (initiative_id, area_code), 
	CONSTRAINT initiative_area_initiative_id_fkey FOREIGN KEY(initiative_id) REFERENCES initiative (id) ON DELETE CASCADE, 
	CONSTRAINT initiative_area_area_code_fkey FOREIGN KEY(area_code) REFERENCES area (code)
);

CREATE INDEX initiative_area_area_code_idx ON initiative_area (area_code);

CREATE TABLE initiative_entry (
	id UUID NOT NULL, 
	initiative_id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	entry_id UUID NOT NULL, 
	CONSTRAINT initiative_entry_pkey PRIMARY KEY (id), 
	CONSTRAINT initiative_entry_initiative_id_entry_id_key UNIQUE (initiative_id, entry_id), 
	CONSTRAINT initiative_entry_initiative_id_fkey FOREIGN KEY(initiative_id) REFERENCES initiative (id) ON DELETE CASCADE, 
	CONSTRAINT initiative_entry_entry_id_fkey FOREIGN KEY(entry_id) REFERENCES framework_entry (id)
);

CREATE INDEX initiative_entry_by_entry ON initiative_entry (entry_id, initiative_id);

CREATE TABLE initiative_theme (
	id UUID NOT NULL, 
	initiative_id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	theme_id UUID NOT NULL, 
	CONSTRAINT initiative_theme_pkey PRIMARY KEY (id), 
	CONSTRAINT initiative_theme_initiative_id_theme_id_key UNIQUE (initiative_id, theme_id), 
	CONSTRAINT initiative_theme_initiative_id_fkey FOREIGN KEY(initiative_id) REFERENCES initiative (id) ON DELETE CASCADE, 
	CONSTRAINT initiative_theme_theme_id_fkey FOREIGN KEY(theme_id) REFERENCES theme (id)
);

CREATE INDEX initiative_theme_by_theme ON initiative_theme (theme_id, initiative_id);

CREATE TABLE mail_code (
	id UUID NOT NULL, 
	person_id UUID NOT NULL, 
	message_id UUID NOT NULL, 
	address VARCHAR(254) NOT NULL, 
	code VARCHAR(10) NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT mail_code_pkey PRIMARY KEY (id), 
	CONSTRAINT mail_code_person_id_fkey FOREIGN KEY(person_id) REFERENCES person (id), 
	CONSTRAINT mail_code_message_id_key UNIQUE (message_id), 
	CONSTRAINT mail_code_message_id_fkey FOREIGN KEY(message_id) REFERENCES outbox_message (id) ON DELETE CASCADE
);

CREATE INDEX mail_code_of_person ON mail_code (person_id, asked_at);

CREATE TABLE measure (
	id UUID NOT NULL, 
	initiative_id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	definition_id UUID NOT NULL, 
	baseline_value NUMERIC(18, 4), 
	baseline_on DATE, 
	target_value NUMERIC(18, 4), 
	target_on DATE, 
	retired_on DATE, 
	is_sample BOOLEAN NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT measure_pkey PRIMARY KEY (id), 
	CONSTRAINT measure_id_initiative_id_key UNIQUE (id, initiative_id), 
	CONSTRAINT measure_baseline_check CHECK ((baseline_value IS NULL) = (baseline_on IS NULL)), 
	CONSTRAINT measure_target_check CHECK ((target_value IS NULL) = (target_on IS NULL)), 
	CONSTRAINT measure_target_after_baseline_check CHECK (target_on > baseline_on), 
	CONSTRAINT measure_initiative_id_fkey FOREIGN KEY(initiative_id) REFERENCES initiative (id) ON DELETE CASCADE, 
	CONSTRAINT measure_definition_id_fkey FOREIGN KEY(definition_id) REFERENCES measure_definition (id)
);

CREATE INDEX measure_by_initiative ON measure (initiative_id, created_at, id);

CREATE INDEX measure_definition_id_idx ON measure (definition_id);

CREATE UNIQUE INDEX measure_in_use ON measure (initiative_id, definition_id) WHERE retired_on IS NULL;

CREATE INDEX measure_newest ON measure (created_at, id);

CREATE TABLE milestone (
	id UUID NOT NULL, 
	initiative_id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	title VARCHAR(200) NOT NULL, 
	due_on DATE NOT NULL, 
	reached_on DATE, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT milestone_pkey PRIMARY KEY (id), 
	CONSTRAINT milestone_title_check CHECK (length(btrim(title)) > 0), 
	CONSTRAINT milestone_initiative_id_fkey FOREIGN KEY(initiative_id) REFERENCES initiative (id) ON DELETE CASCADE
);

CREATE INDEX milestone_by_initiative ON milestone (initiative_id, due_on, id);

CREATE TABLE outbox_attempt (
	id UUID NOT NULL, 
	message_id UUID NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	outcome VARCHAR(40) NOT NULL, 
	reply VARCHAR(20), 
	CONSTRAINT outbox_attempt_pkey PRIMARY KEY (id), 
	CONSTRAINT outbox_attempt_message_id_fkey FOREIGN KEY(message_id) REFERENCES outbox_message (id) ON DELETE CASCADE, 
	CONSTRAINT outbox_attempt_outcome_check CHECK (outcome IN ('under_way', 'sent', 'refused', 'deferred', 'lost'))
);

CREATE INDEX outbox_attempt_of_message ON outbox_attempt (message_id, at, id);

CREATE TABLE outbox_notice (
	notice_id UUID NOT NULL, 
	message_id UUID NOT NULL, 
	CONSTRAINT outbox_notice_pkey PRIMARY KEY (notice_id), 
	CONSTRAINT outbox_notice_notice_id_fkey FOREIGN KEY(notice_id) REFERENCES notice (id) ON DELETE CASCADE, 
	CONSTRAINT outbox_notice_message_id_fkey FOREIGN KEY(message_id) REFERENCES outbox_message (id) ON DELETE CASCADE
);

CREATE INDEX outbox_notice_message_id_idx ON outbox_notice (message_id);

CREATE TABLE partner (
	id UUID NOT NULL, 
	initiative_id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	agency_id UUID NOT NULL, 
	parts TEXT[] NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	note VARCHAR(500), 
	ended_reason VARCHAR(500), 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT partner_pkey PRIMARY KEY (id), 
	CONSTRAINT partner_initiative_id_agency_id_key UNIQUE (initiative_id, agency_id), 
	CONSTRAINT partner_parts_check CHECK (cardinality(parts) > 0 AND parts <@ ARRAY['fund','deliver','host','support','evaluate']::text[]), 
	CONSTRAINT partner_initiative_id_fkey FOREIGN KEY(initiative_id) REFERENCES initiative (id) ON DELETE CASCADE, 
	CONSTRAINT partner_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT partner_state_check CHECK (state IN ('invited', 'offered', 'committed', 'declined', 'left'))
);

CREATE INDEX partner_agency_id_idx ON partner (agency_id);

CREATE TABLE plan_action (
	id UUID NOT NULL, 
	entry_id UUID NOT NULL, 
	framework_version_id UUID NOT NULL, 
	number INTEGER NOT NULL, 
	owner_agency_id UUID, 
	rating VARCHAR(40), 
	rating_reason VARCHAR(1000), 
	last_update VARCHAR(2000), 
	last_update_at TIMESTAMP WITH TIME ZONE, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	CONSTRAINT plan_action_pkey PRIMARY KEY (id), 
	CONSTRAINT plan_action_entry_id_key UNIQUE (entry_id), 
	CONSTRAINT plan_action_framework_version_id_number_key UNIQUE (framework_version_id, number), 
	CONSTRAINT plan_action_entry_id_framework_version_id_fkey FOREIGN KEY(entry_id, framework_version_id) REFERENCES framework_entry (id, framework_version_id), 
	CONSTRAINT plan_action_red_reason_check CHECK (rating <> 'red' OR coalesce(length(btrim(rating_reason)), 0) > 0), 
	CONSTRAINT plan_action_last_update_check CHECK ((last_update IS NULL) = (last_update_at IS NULL)), 
	CONSTRAINT plan_action_number_check CHECK (number > 0), 
	CONSTRAINT plan_action_owner_agency_id_fkey FOREIGN KEY(owner_agency_id) REFERENCES agency (id), 
	CONSTRAINT plan_action_rating_check CHECK (rating IN ('not_started', 'red', 'amber', 'green', 'blue'))
);

CREATE INDEX plan_action_owner_agency_id_idx ON plan_action (owner_agency_id);

CREATE TABLE rating_set (
	id UUID NOT NULL, 
	initiative_id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	rating VARCHAR(40) NOT NULL, 
	reason VARCHAR(1000), 
	set_by_id UUID NOT NULL, 
	set_by_agency_id UUID NOT NULL, 
	set_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT rating_set_pkey PRIMARY KEY (id), 
	CONSTRAINT rating_set_red_reason_check CHECK (rating <> 'red' OR coalesce(length(btrim(reason)), 0) > 0), 
	CONSTRAINT rating_set_initiative_id_fkey FOREIGN KEY(initiative_id) REFERENCES initiative (id) ON DELETE CASCADE, 
	CONSTRAINT rating_set_rating_check CHECK (rating IN ('not_started', 'red', 'amber', 'green', 'blue')), 
	CONSTRAINT rating_set_set_by_agency_id_fkey FOREIGN KEY(set_by_agency_id) REFERENCES agency (id)
);

CREATE INDEX rating_set_by_initiative ON rating_set (initiative_id, set_at, id);

CREATE TABLE referral (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	reference VARCHAR(12) NOT NULL, 
	pathway VARCHAR(40) NOT NULL, 
	pathway_version INTEGER NOT NULL, 
	purpose VARCHAR(40) NOT NULL, 
	categories TEXT[] NOT NULL, 
	urgency VARCHAR(40) NOT NULL, 
	sender_agency_id UUID NOT NULL, 
	sender_team_id UUID NOT NULL, 
	kept_by_id UUID, 
	area_code VARCHAR, 
	onward_from_id UUID, 
	all_take BOOLEAN NOT NULL, 
	overall VARCHAR(40) NOT NULL, 
	created_by_id UUID NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	sent_at TIMESTAMP WITH TIME ZONE, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	full_acl INTEGER[] NOT NULL, 
	CONSTRAINT referral_pkey PRIMARY KEY (id), 
	CONSTRAINT referral_sender_team_id_sender_agency_id_fkey FOREIGN KEY(sender_team_id, sender_agency_id) REFERENCES team (id, agency_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT referral_sender_team_id_kept_by_id_fkey FOREIGN KEY(sender_team_id, kept_by_id) REFERENCES team_member (team_id, membership_id) ON DELETE SET NULL (kept_by_id), 
	CONSTRAINT referral_sent_check CHECK ((overall = 'draft') = (sent_at IS NULL)), 
	CONSTRAINT referral_over_check CHECK ((overall IN ('ended', 'withdrawn')) = (ended_at IS NOT NULL)), 
	CONSTRAINT referral_reference_key UNIQUE (reference), 
	CONSTRAINT referral_urgency_check CHECK (urgency IN ('routine', 'urgent', 'immediate')), 
	CONSTRAINT referral_sender_agency_id_fkey FOREIGN KEY(sender_agency_id) REFERENCES agency (id), 
	CONSTRAINT referral_area_code_fkey FOREIGN KEY(area_code) REFERENCES area (code), 
	CONSTRAINT referral_onward_from_id_fkey FOREIGN KEY(onward_from_id) REFERENCES referral (id), 
	CONSTRAINT referral_overall_check CHECK (overall IN ('draft', 'waiting', 'in_hand', 'ended', 'withdrawn'))
);

CREATE INDEX referral_by_sender ON referral (sender_team_id, created_at, id);

CREATE INDEX referral_newest ON referral (created_at, id);

CREATE INDEX referral_onward_from_id_idx ON referral (onward_from_id);

CREATE TABLE request_set_aside (
	id UUID NOT NULL, 
	request_id UUID NOT NULL, 
	of_agency_id UUID NOT NULL, 
	reason VARCHAR(40) NOT NULL, 
	by_id UUID NOT NULL, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT request_set_aside_pkey PRIMARY KEY (id), 
	CONSTRAINT request_set_aside_request_id_key UNIQUE (request_id), 
	CONSTRAINT request_set_aside_request_id_of_agency_id_fkey FOREIGN KEY(request_id, of_agency_id) REFERENCES disclosure_request (id, of_agency_id) ON UPDATE CASCADE, 
	CONSTRAINT request_set_aside_of_agency_id_fkey FOREIGN KEY(of_agency_id) REFERENCES agency (id), 
	CONSTRAINT request_set_aside_reason_check CHECK (reason IN ('nothing_held', 'no_emergency', 'other_route', 'unsafe'))
);

CREATE INDEX request_set_aside_of_agency_id_idx ON request_set_aside (of_agency_id);

CREATE TABLE risk (
	id UUID NOT NULL, 
	initiative_id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	title VARCHAR(200) NOT NULL, 
	likelihood INTEGER NOT NULL, 
	impact INTEGER NOT NULL, 
	mitigation VARCHAR(4000) NOT NULL, 
	owner_team_id UUID NOT NULL, 
	owner_agency_id UUID NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	closed_reason VARCHAR(1000), 
	review_on DATE, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT risk_pkey PRIMARY KEY (id), 
	CONSTRAINT risk_owner_team_id_owner_agency_id_fkey FOREIGN KEY(owner_team_id, owner_agency_id) REFERENCES team (id, agency_id) ON UPDATE CASCADE, 
	CONSTRAINT risk_title_check CHECK (length(btrim(title)) > 0), 
	CONSTRAINT risk_likelihood_check CHECK (likelihood BETWEEN 1 AND 5), 
	CONSTRAINT risk_impact_check CHECK (impact BETWEEN 1 AND 5), 
	CONSTRAINT risk_closed_check CHECK ((state = 'closed') = (closed_reason IS NOT NULL)), 
	CONSTRAINT risk_closed_reason_check CHECK (length(btrim(closed_reason)) > 0), 
	CONSTRAINT risk_initiative_id_fkey FOREIGN KEY(initiative_id) REFERENCES initiative (id) ON DELETE CASCADE, 
	CONSTRAINT risk_state_check CHECK (state IN ('open', 'closed'))
);

CREATE INDEX risk_by_initiative ON risk (initiative_id, created_at, id);

CREATE INDEX risk_by_team ON risk (owner_team_id, owner_agency_id);

CREATE TABLE self_assessment (
	id UUID NOT NULL, 
	entry_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	level VARCHAR(40) NOT NULL, 
	text VARCHAR(4000) NOT NULL, 
	assessed_on DATE NOT NULL, 
	by_id UUID NOT NULL, 
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	acl INTEGER[] NOT NULL, 
	CONSTRAINT self_assessment_pkey PRIMARY KEY (id), 
	CONSTRAINT self_assessment_text_check CHECK (length(btrim(text)) > 0), 
	CONSTRAINT self_assessment_entry_id_fkey FOREIGN KEY(entry_id) REFERENCES framework_entry (id), 
	CONSTRAINT self_assessment_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT self_assessment_level_check CHECK (level IN ('not_started', 'started', 'established', 'embedded'))
);

CREATE INDEX self_assessment_agency_id_idx ON self_assessment (agency_id);

CREATE INDEX self_assessment_latest ON self_assessment (entry_id, agency_id, assessed_on, recorded_at);

CREATE INDEX self_assessment_newest ON self_assessment (assessed_on, recorded_at, id);

CREATE TABLE stage_move (
	id UUID NOT NULL, 
	initiative_id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	from_stage VARCHAR(40) NOT NULL, 
	to_stage VARCHAR(40) NOT NULL, 
	reason VARCHAR(1000), 
	moved_by_id UUID NOT NULL, 
	moved_by_agency_id UUID NOT NULL, 
	moved_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT stage_move_pkey PRIMARY KEY (id), 
	CONSTRAINT stage_move_moves_check CHECK (from_stage <> to_stage), 
	CONSTRAINT stage_move_reopening_reason_check CHECK (NOT (from_stage IN ('complete', 'closed', 'cancelled') AND to_stage IN ('proposed', 'approved', 'live', 'paused')) OR coalesce(length(btrim(reason)), 0) > 0), 
	CONSTRAINT stage_move_initiative_id_fkey FOREIGN KEY(initiative_id) REFERENCES initiative (id) ON DELETE CASCADE, 
	CONSTRAINT stage_move_from_stage_check CHECK (from_stage IN ('proposed', 'approved', 'live', 'paused', 'complete', 'closed', 'cancelled')), 
	CONSTRAINT stage_move_to_stage_check CHECK (to_stage IN ('proposed', 'approved', 'live', 'paused', 'complete', 'closed', 'cancelled')), 
	CONSTRAINT stage_move_moved_by_agency_id_fkey FOREIGN KEY(moved_by_agency_id) REFERENCES agency (id)
);

CREATE INDEX stage_move_by_initiative ON stage_move (initiative_id, moved_at, id);

CREATE TABLE action_move (
	id UUID NOT NULL, 
	initiative_id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	action_id UUID NOT NULL, 
	action_version INTEGER NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	note VARCHAR(2000), 
	moved_by_id UUID NOT NULL, 
	moved_by_agency_id UUID NOT NULL, 
	moved_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT action_move_pkey PRIMARY KEY (id), 
	CONSTRAINT action_move_action_id_initiative_id_fkey FOREIGN KEY(action_id, initiative_id) REFERENCES action (id, initiative_id) ON DELETE CASCADE, 
	CONSTRAINT action_move_action_id_action_version_key UNIQUE (action_id, action_version), 
	CONSTRAINT action_move_initiative_id_fkey FOREIGN KEY(initiative_id) REFERENCES initiative (id) ON DELETE CASCADE, 
	CONSTRAINT action_move_state_check CHECK (state IN ('open', 'in_progress', 'done', 'not_done')), 
	CONSTRAINT action_move_moved_by_agency_id_fkey FOREIGN KEY(moved_by_agency_id) REFERENCES agency (id)
);

CREATE INDEX action_move_by_initiative ON action_move (initiative_id);

CREATE TABLE auth_secret.access_token (
	token_hash BYTEA NOT NULL, 
	principal_id UUID NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	client_id UUID NOT NULL, 
	consent_id UUID, 
	thumbprint VARCHAR NOT NULL, 
	scopes TEXT[] NOT NULL, 
	issued_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	revoked_at TIMESTAMP WITH TIME ZONE, 
	authenticated_at TIMESTAMP WITH TIME ZONE, 
	acr VARCHAR(40), 
	CONSTRAINT access_token_pkey PRIMARY KEY (token_hash), 
	CONSTRAINT access_token_hash_check CHECK (octet_length(token_hash) = 32), 
	CONSTRAINT access_token_thumbprint_check CHECK (length(thumbprint) = 43), 
	CONSTRAINT access_token_expiry_check CHECK (expires_at > issued_at), 
	CONSTRAINT access_token_short_check CHECK (expires_at <= issued_at + interval '5 minutes'), 
	CONSTRAINT access_token_principal_check CHECK (kind <> 'client' OR principal_id = client_id), 
	CONSTRAINT access_token_consent_check CHECK ((kind = 'membership') = (consent_id IS NOT NULL)), 
	CONSTRAINT access_token_authenticated_check CHECK (kind <> 'membership' OR authenticated_at IS NOT NULL AND acr IS NOT NULL), 
	CONSTRAINT access_token_kind_check CHECK (kind IN ('client', 'membership')), 
	CONSTRAINT access_token_client_id_fkey FOREIGN KEY(client_id) REFERENCES client (id), 
	CONSTRAINT access_token_consent_id_fkey FOREIGN KEY(consent_id) REFERENCES consent (id), 
	CONSTRAINT access_token_acr_check CHECK (acr IN ('sfa', 'mfa', 'phr'))
);

CREATE INDEX access_token_client_id_idx ON auth_secret.access_token (client_id);

CREATE INDEX access_token_consent_id_idx ON auth_secret.access_token (consent_id);

CREATE TABLE auth_secret.authorization_code (
	code_hash BYTEA NOT NULL, 
	request_hash BYTEA NOT NULL, 
	consent_id UUID NOT NULL, 
	acr VARCHAR(40) NOT NULL, 
	amr TEXT[] NOT NULL, 
	authenticated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	issued_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	used_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT authorization_code_pkey PRIMARY KEY (code_hash), 
	CONSTRAINT authorization_code_hash_check CHECK (octet_length(code_hash) = 32), 
	CONSTRAINT authorization_code_short_check CHECK (expires_at <= issued_at + interval '60 seconds'), 
	CONSTRAINT authorization_code_request_hash_key UNIQUE (request_hash), 
	CONSTRAINT authorization_code_request_hash_fkey FOREIGN KEY(request_hash) REFERENCES auth_secret.pushed_request (name_hash), 
	CONSTRAINT authorization_code_consent_id_fkey FOREIGN KEY(consent_id) REFERENCES consent (id), 
	CONSTRAINT authorization_code_acr_check CHECK (acr IN ('sfa', 'mfa', 'phr'))
);

CREATE INDEX authorization_code_consent_id_idx ON auth_secret.authorization_code (consent_id);

CREATE TABLE auth_secret.refresh_token (
	token_hash BYTEA NOT NULL, 
	consent_id UUID NOT NULL, 
	acr VARCHAR(40) NOT NULL, 
	authenticated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	issued_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT refresh_token_pkey PRIMARY KEY (token_hash), 
	CONSTRAINT refresh_token_hash_check CHECK (octet_length(token_hash) = 32), 
	CONSTRAINT refresh_token_consent_id_fkey FOREIGN KEY(consent_id) REFERENCES consent (id), 
	CONSTRAINT refresh_token_acr_check CHECK (acr IN ('sfa', 'mfa', 'phr'))
);

CREATE INDEX refresh_token_consent_id_idx ON auth_secret.refresh_token (consent_id);

CREATE TABLE case_action (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	team_id UUID NOT NULL, 
	allocated_to_id UUID, 
	due_on DATE NOT NULL, 
	recorded_late BOOLEAN NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	added_by_agency_id UUID NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ended_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT case_action_pkey PRIMARY KEY (id), 
	CONSTRAINT case_action_team_id_agency_id_fkey FOREIGN KEY(team_id, agency_id) REFERENCES team (id, agency_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT case_action_team_id_allocated_to_id_fkey FOREIGN KEY(team_id, allocated_to_id) REFERENCES team_member (team_id, membership_id) ON DELETE SET NULL (allocated_to_id), 
	CONSTRAINT case_action_ended_check CHECK ((state = 'open') = (ended_at IS NULL)), 
	CONSTRAINT case_action_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT case_action_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT case_action_state_check CHECK (state IN ('open', 'done', 'not_done')), 
	CONSTRAINT case_action_added_by_agency_id_fkey FOREIGN KEY(added_by_agency_id) REFERENCES agency (id)
);

CREATE INDEX case_action_due ON case_action (due_on, id) WHERE state = 'open';

CREATE INDEX case_action_of_referral ON case_action (referral_id, due_on, id);

CREATE INDEX case_action_of_team ON case_action (team_id, due_on, id);

CREATE TABLE case_flag (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	code VARCHAR(40) NOT NULL, 
	CONSTRAINT case_flag_pkey PRIMARY KEY (id), 
	CONSTRAINT case_flag_referral_id_code_key UNIQUE (referral_id, code), 
	CONSTRAINT case_flag_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT case_flag_code_check CHECK (code IN ('honour_based', 'forced_marriage', 'fgm', 'stalking', 'strangulation', 'weapons', 'pregnancy', 'children', 'no_recourse', 'staff_safety'))
);

CREATE TABLE emergency_disclosure (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	from_agency_id UUID NOT NULL, 
	to_agency_id UUID NOT NULL, 
	to_team_id UUID NOT NULL, 
	reason VARCHAR(40) NOT NULL, 
	request_id UUID, 
	made_by_id UUID NOT NULL, 
	starts_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	ends_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	closed_at TIMESTAMP WITH TIME ZONE, 
	review_due_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	reviewed_at TIMESTAMP WITH TIME ZONE, 
	reviewed_by_id UUID, 
	finding VARCHAR(40), 
	escalated_at TIMESTAMP WITH TIME ZONE, 
	lifted_at TIMESTAMP WITH TIME ZONE, 
	lifted_by_id UUID, 
	CONSTRAINT emergency_disclosure_pkey PRIMARY KEY (id), 
	CONSTRAINT emergency_disclosure_to_team_id_to_agency_id_fkey FOREIGN KEY(to_team_id, to_agency_id) REFERENCES team (id, agency_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT emergency_disclosure_another_agency_check CHECK (from_agency_id <> to_agency_id), 
	CONSTRAINT emergency_disclosure_ends_check CHECK (ends_at > starts_at AND ends_at <= starts_at + interval '72 hours'), 
	CONSTRAINT emergency_disclosure_reviewed_check CHECK ((reviewed_at IS NULL) = (finding IS NULL) AND (reviewed_at IS NULL) = (reviewed_by_id IS NULL)), 
	CONSTRAINT emergency_disclosure_lifted_check CHECK (lifted_at IS NULL OR coalesce(finding, 'justified') <> 'justified'), 
	CONSTRAINT emergency_disclosure_lifted_by_check CHECK ((lifted_at IS NULL) = (lifted_by_id IS NULL)), 
	CONSTRAINT emergency_disclosure_request FOREIGN KEY(request_id, to_team_id) REFERENCES disclosure_request (id, by_team_id), 
	CONSTRAINT emergency_disclosure_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id), 
	CONSTRAINT emergency_disclosure_from_agency_id_fkey FOREIGN KEY(from_agency_id) REFERENCES agency (id), 
	CONSTRAINT emergency_disclosure_to_agency_id_fkey FOREIGN KEY(to_agency_id) REFERENCES agency (id), 
	CONSTRAINT emergency_disclosure_reason_check CHECK (reason IN ('threat_to_life', 'serious_harm', 'child_in_danger', 'missing', 'taken_abroad', 'released')), 
	CONSTRAINT emergency_disclosure_reviewed_by_id_fkey FOREIGN KEY(reviewed_by_id) REFERENCES membership (id), 
	CONSTRAINT emergency_disclosure_finding_check CHECK (finding IN ('justified', 'no_emergency', 'wrong_team', 'wrong_case', 'agreement_there')), 
	CONSTRAINT emergency_disclosure_lifted_by_id_fkey FOREIGN KEY(lifted_by_id) REFERENCES membership (id)
);

CREATE INDEX emergency_disclosure_answers ON emergency_disclosure (request_id);

CREATE INDEX emergency_disclosure_made_by ON emergency_disclosure (made_by_id);

CREATE INDEX emergency_disclosure_newest ON emergency_disclosure (starts_at, id);

CREATE INDEX emergency_disclosure_of_case ON emergency_disclosure (referral_id);

CREATE INDEX emergency_disclosure_to ON emergency_disclosure (to_agency_id, ends_at);

CREATE INDEX emergency_disclosure_unreviewed ON emergency_disclosure (review_due_at, id) WHERE reviewed_at IS NULL;

CREATE TABLE follow_on (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	pathway VARCHAR(40) NOT NULL, 
	outcome VARCHAR(40) NOT NULL, 
	team_id UUID, 
	made_id UUID, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT follow_on_pkey PRIMARY KEY (id), 
	CONSTRAINT follow_on_referral_id_pathway_key UNIQUE (referral_id, pathway), 
	CONSTRAINT follow_on_made_check CHECK ((outcome = 'made') = (made_id IS NOT NULL)), 
	CONSTRAINT follow_on_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT follow_on_outcome_check CHECK (outcome IN ('made', 'sender_is_service', 'no_team', 'no_agreement')), 
	CONSTRAINT follow_on_team_id_fkey FOREIGN KEY(team_id) REFERENCES team (id), 
	CONSTRAINT follow_on_made_id_fkey FOREIGN KEY(made_id) REFERENCES referral (id) ON DELETE CASCADE
);

CREATE TABLE local_reference (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	value VARCHAR(60) NOT NULL, 
	CONSTRAINT local_reference_pkey PRIMARY KEY (id), 
	CONSTRAINT local_reference_referral_id_agency_id_key UNIQUE (referral_id, agency_id), 
	CONSTRAINT local_reference_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT local_reference_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id)
);

CREATE INDEX local_reference_of_agency ON local_reference (agency_id, value);

CREATE TABLE need (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	code VARCHAR(40) NOT NULL, 
	language VARCHAR(8), 
	CONSTRAINT need_pkey PRIMARY KEY (id), 
	CONSTRAINT need_referral_id_code_key UNIQUE (referral_id, code), 
	CONSTRAINT need_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT need_code_check CHECK (code IN ('interpreter', 'sign_language', 'step_free', 'easy_read', 'female_worker', 'childcare', 'mental_health', 'learning_disability', 'substance_use', 'lgbt_service'))
);

CREATE TABLE observation (
	id UUID NOT NULL, 
	initiative_id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	measure_id UUID NOT NULL, 
	period_from DATE NOT NULL, 
	period_to DATE NOT NULL, 
	numerator NUMERIC(18, 4), 
	denominator NUMERIC(18, 4), 
	value NUMERIC(18, 4), 
	breakdown VARCHAR(40) NOT NULL, 
	area_code VARCHAR, 
	group_label VARCHAR(80), 
	provisional BOOLEAN NOT NULL, 
	note VARCHAR(1000), 
	source VARCHAR(200), 
	is_sample BOOLEAN NOT NULL, 
	recorded_by_agency_id UUID NOT NULL, 
	recorded_by_id UUID NOT NULL, 
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	supersedes_id UUID, 
	superseded BOOLEAN NOT NULL, 
	CONSTRAINT observation_pkey PRIMARY KEY (id), 
	CONSTRAINT observation_measure_id_initiative_id_fkey FOREIGN KEY(measure_id, initiative_id) REFERENCES measure (id, initiative_id) ON DELETE CASCADE, 
	CONSTRAINT observation_period_check CHECK (period_to >= period_from), 
	CONSTRAINT observation_figure_check CHECK (value IS NOT NULL OR numerator IS NOT NULL), 
	CONSTRAINT observation_value_check CHECK (value IS NOT NULL OR denominator = 0), 
	CONSTRAINT observation_denominator_check CHECK (denominator IS NULL OR numerator IS NOT NULL), 
	CONSTRAINT observation_counts_check CHECK (numerator >= 0 AND denominator >= 0), 
	CONSTRAINT observation_nothing_of_nothing_check CHECK (numerator = 0 OR denominator > 0), 
	CONSTRAINT observation_area_check CHECK ((breakdown = 'area') = (area_code IS NOT NULL)), 
	CONSTRAINT observation_group_check CHECK ((breakdown = 'group') = (group_label IS NOT NULL)), 
	CONSTRAINT observation_group_label_check CHECK (length(btrim(group_label)) > 0), 
	CONSTRAINT observation_own_successor_check CHECK (supersedes_id <> id), 
	CONSTRAINT observation_initiative_id_fkey FOREIGN KEY(initiative_id) REFERENCES initiative (id) ON DELETE CASCADE, 
	CONSTRAINT observation_breakdown_check CHECK (breakdown IN ('whole', 'area', 'group')), 
	CONSTRAINT observation_area_code_fkey FOREIGN KEY(area_code) REFERENCES area (code), 
	CONSTRAINT observation_recorded_by_agency_id_fkey FOREIGN KEY(recorded_by_agency_id) REFERENCES agency (id), 
	CONSTRAINT observation_supersedes_id_fkey FOREIGN KEY(supersedes_id) REFERENCES observation (id)
);

CREATE INDEX observation_by_initiative ON observation (initiative_id);

CREATE INDEX observation_by_period ON observation (measure_id, period_to, recorded_at, id);

CREATE INDEX observation_latest ON observation (measure_id, period_to, recorded_at, id) WHERE NOT superseded AND breakdown = 'whole';

CREATE UNIQUE INDEX observation_once ON observation (measure_id, recorded_by_agency_id, period_from, period_to, area_code, group_label) NULLS NOT DISTINCT WHERE NOT superseded;

CREATE UNIQUE INDEX observation_successor ON observation (supersedes_id) WHERE supersedes_id IS NOT NULL;

CREATE TABLE onward_request (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	to_agency_id UUID NOT NULL, 
	to_team_id UUID NOT NULL, 
	asked_by_id UUID NOT NULL, 
	asked_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	answer VARCHAR(40), 
	answered_by_id UUID, 
	answered_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT onward_request_pkey PRIMARY KEY (id), 
	CONSTRAINT onward_request_to_team_id_to_agency_id_fkey FOREIGN KEY(to_team_id, to_agency_id) REFERENCES team (id, agency_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT onward_request_answered_check CHECK ((answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answered_by_id IS NULL)), 
	CONSTRAINT onward_request_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT onward_request_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT onward_request_to_agency_id_fkey FOREIGN KEY(to_agency_id) REFERENCES agency (id), 
	CONSTRAINT onward_request_answer_check CHECK (answer IN ('yes', 'no'))
);

CREATE INDEX onward_request_newest ON onward_request (asked_at, id);

CREATE INDEX onward_request_of_case ON onward_request (referral_id, asked_at, id);

CREATE TABLE outside_referral (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	body VARCHAR(40) NOT NULL, 
	route VARCHAR(40) NOT NULL, 
	referred_on DATE NOT NULL, 
	by_id UUID NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT outside_referral_pkey PRIMARY KEY (id), 
	CONSTRAINT outside_referral_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT outside_referral_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT outside_referral_body_check CHECK (body IN ('gp', 'hospital', 'solicitor', 'refuge', 'helpline', 'specialist_service', 'other_council', 'other_force', 'housing', 'immigration_advice', 'complaints_body', 'other')), 
	CONSTRAINT outside_referral_route_check CHECK (route IN ('phone', 'secure_email', 'own_form', 'letter', 'in_person', 'she_asks_herself'))
);

CREATE INDEX outside_referral_newest ON outside_referral (referred_on, id);

CREATE INDEX outside_referral_of_case ON outside_referral (referral_id, referred_on, id);

CREATE TABLE plan_update (
	id UUID NOT NULL, 
	plan_action_id UUID NOT NULL, 
	action_version INTEGER NOT NULL, 
	owner_agency_id UUID, 
	rating VARCHAR(40), 
	rating_reason VARCHAR(1000), 
	text VARCHAR(2000), 
	by_id UUID, 
	by_agency_id UUID, 
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	acl INTEGER[] NOT NULL, 
	CONSTRAINT plan_update_pkey PRIMARY KEY (id), 
	CONSTRAINT plan_update_plan_action_id_action_version_key UNIQUE (plan_action_id, action_version), 
	CONSTRAINT plan_update_plan_action_id_fkey FOREIGN KEY(plan_action_id) REFERENCES plan_action (id), 
	CONSTRAINT plan_update_owner_agency_id_fkey FOREIGN KEY(owner_agency_id) REFERENCES agency (id), 
	CONSTRAINT plan_update_rating_check CHECK (rating IN ('not_started', 'red', 'amber', 'green', 'blue')), 
	CONSTRAINT plan_update_by_agency_id_fkey FOREIGN KEY(by_agency_id) REFERENCES agency (id)
);

CREATE INDEX plan_update_newest ON plan_update (plan_action_id, recorded_at, id);

CREATE TABLE protective_order (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	expires_on DATE, 
	CONSTRAINT protective_order_pkey PRIMARY KEY (id), 
	CONSTRAINT protective_order_referral_id_kind_key UNIQUE (referral_id, kind), 
	CONSTRAINT protective_order_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT protective_order_kind_check CHECK (kind IN ('bail', 'dapn', 'dapo', 'non_molestation', 'occupation', 'restraining', 'stalking_protection', 'forced_marriage_protection', 'fgm_protection'))
);

CREATE TABLE referral_reason (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	code VARCHAR(40) NOT NULL, 
	CONSTRAINT referral_reason_pkey PRIMARY KEY (id), 
	CONSTRAINT referral_reason_referral_id_code_key UNIQUE (referral_id, code), 
	CONSTRAINT referral_reason_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT referral_reason_code_check CHECK (code IN ('domestic_abuse', 'sexual_violence', 'stalking_harassment', 'honour_based_abuse', 'coercive_control', 'child_to_parent', 'online_abuse', 'housing', 'court_support'))
);

CREATE TABLE risk_assessment (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	tool VARCHAR(40) NOT NULL, 
	tool_version VARCHAR(20) NOT NULL, 
	score INTEGER NOT NULL, 
	grade VARCHAR(20) NOT NULL, 
	threshold_id UUID NOT NULL, 
	judged_grade VARCHAR(20), 
	judgement_reason VARCHAR(40), 
	assessed_on DATE NOT NULL, 
	assessed_by_id UUID NOT NULL, 
	CONSTRAINT risk_assessment_pkey PRIMARY KEY (id), 
	CONSTRAINT risk_assessment_judgement_check CHECK ((judged_grade IS NULL) = (judgement_reason IS NULL)), 
	CONSTRAINT risk_assessment_score_check CHECK (score >= 0), 
	CONSTRAINT risk_assessment_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT risk_assessment_tool_check CHECK (tool IN ('merit', 'dash', 'dara', 's_dash', 'hba_screening')), 
	CONSTRAINT risk_assessment_threshold_id_fkey FOREIGN KEY(threshold_id) REFERENCES risk_threshold (id), 
	CONSTRAINT risk_assessment_judgement_reason_check CHECK (judgement_reason IN ('escalation', 'fear', 'coercion', 'history', 'separation', 'isolation'))
);

CREATE INDEX risk_assessment_of_referral ON risk_assessment (referral_id, assessed_on, id);

CREATE TABLE safe_contact (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	allowed TEXT[] NOT NULL, 
	forbidden TEXT[] NOT NULL, 
	days TEXT[] NOT NULL, 
	from_time TIME WITHOUT TIME ZONE, 
	to_time TIME WITHOUT TIME ZONE, 
	only_through_id UUID, 
	checked_on DATE NOT NULL, 
	CONSTRAINT safe_contact_pkey PRIMARY KEY (id), 
	CONSTRAINT safe_contact_referral_id_key UNIQUE (referral_id), 
	CONSTRAINT safe_contact_allowed_check CHECK (allowed <@ ARRAY['call','text','email','post','visit','voicemail','in_person']::text[]), 
	CONSTRAINT safe_contact_forbidden_check CHECK (forbidden <@ ARRAY['call','text','email','post','visit','voicemail','in_person']::text[]), 
	CONSTRAINT safe_contact_days_check CHECK (days <@ ARRAY['monday','tuesday','wednesday','thursday','friday','saturday','sunday']::text[]), 
	CONSTRAINT safe_contact_either_check CHECK (NOT allowed && forbidden), 
	CONSTRAINT safe_contact_hours_check CHECK (from_time < to_time), 
	CONSTRAINT safe_contact_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT safe_contact_only_through_id_fkey FOREIGN KEY(only_through_id) REFERENCES agency (id)
);

CREATE TABLE subject (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	role VARCHAR(40) NOT NULL, 
	number INTEGER NOT NULL, 
	person UUID NOT NULL, 
	employment VARCHAR(40), 
	CONSTRAINT subject_pkey PRIMARY KEY (id), 
	CONSTRAINT subject_referral_id_person_key UNIQUE (referral_id, person), 
	CONSTRAINT subject_accused_check CHECK (role IN ('victim', 'child') OR coalesce(employment, '') = 'none_known'), 
	CONSTRAINT subject_referral_id_role_number_key UNIQUE (referral_id, role, number), 
	CONSTRAINT subject_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT subject_role_check CHECK (role IN ('victim', 'child', 'alleged_perpetrator', 'suspect')), 
	CONSTRAINT subject_employment_check CHECK (employment IN ('none_known', 'works', 'may_work', 'worked'))
);

CREATE INDEX subject_by_person ON subject (person, role);

CREATE TABLE support_authority (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	victim INTEGER NOT NULL, 
	agency_id UUID NOT NULL, 
	team_id UUID NOT NULL, 
	from_on DATE NOT NULL, 
	until_on DATE, 
	revoked_on DATE, 
	given_by_id UUID NOT NULL, 
	CONSTRAINT support_authority_pkey PRIMARY KEY (id), 
	CONSTRAINT support_authority_team_id_agency_id_fkey FOREIGN KEY(team_id, agency_id) REFERENCES team (id, agency_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT support_authority_days_check CHECK (until_on >= from_on), 
	CONSTRAINT support_authority_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT support_authority_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id)
);

CREATE UNIQUE INDEX support_authority_once ON support_authority (referral_id, victim, team_id) WHERE revoked_on IS NULL;

CREATE TABLE survivor_consultation (
	id UUID NOT NULL, 
	initiative_id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	held_on DATE NOT NULL, 
	"group" VARCHAR(200) NOT NULL, 
	heard VARCHAR(4000) NOT NULL, 
	changed VARCHAR(4000), 
	action_id UUID, 
	agency_id UUID NOT NULL, 
	recorded_by_id UUID NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT survivor_consultation_pkey PRIMARY KEY (id), 
	CONSTRAINT survivor_consultation_action_id_initiative_id_fkey FOREIGN KEY(action_id, initiative_id) REFERENCES action (id, initiative_id) ON DELETE SET NULL (action_id), 
	CONSTRAINT survivor_consultation_group_check CHECK (length(btrim("group")) > 0), 
	CONSTRAINT survivor_consultation_heard_check CHECK (length(btrim(heard)) > 0), 
	CONSTRAINT survivor_consultation_changed_check CHECK (length(btrim(changed)) > 0), 
	CONSTRAINT survivor_consultation_initiative_id_fkey FOREIGN KEY(initiative_id) REFERENCES initiative (id) ON DELETE CASCADE, 
	CONSTRAINT survivor_consultation_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id)
);

CREATE INDEX survivor_consultation_agency_id_idx ON survivor_consultation (agency_id);

CREATE INDEX survivor_consultation_by_action ON survivor_consultation (action_id, initiative_id);

CREATE INDEX survivor_consultation_by_initiative ON survivor_consultation (initiative_id, held_on, id);

CREATE TABLE victim_support (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	victim INTEGER NOT NULL, 
	answer VARCHAR(40) NOT NULL, 
	asked_on DATE, 
	set_by_id UUID NOT NULL, 
	CONSTRAINT victim_support_pkey PRIMARY KEY (id), 
	CONSTRAINT victim_support_referral_id_victim_key UNIQUE (referral_id, victim), 
	CONSTRAINT victim_support_asked_check CHECK ((answer = 'not_known') = (asked_on IS NULL)), 
	CONSTRAINT victim_support_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT victim_support_answer_check CHECK (answer IN ('yes', 'declined', 'not_known'))
);

CREATE TABLE wishes (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	awareness VARCHAR(40) NOT NULL, 
	reason VARCHAR(40), 
	basis VARCHAR(40) NOT NULL, 
	asked_on DATE, 
	CONSTRAINT wishes_pkey PRIMARY KEY (id), 
	CONSTRAINT wishes_referral_id_key UNIQUE (referral_id), 
	CONSTRAINT wishes_without_check CHECK ((awareness = 'aware_and_willing') = (reason IS NULL)), 
	CONSTRAINT wishes_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT wishes_awareness_check CHECK (awareness IN ('aware_and_willing', 'aware_and_unwilling', 'unaware')), 
	CONSTRAINT wishes_reason_check CHECK (reason IN ('high_risk', 'child_at_risk', 'not_safe_to_ask', 'lacks_capacity', 'crime_prevention', 'legal_duty')), 
	CONSTRAINT wishes_basis_check CHECK (basis IN ('public_task', 'legal_obligation', 'vital_interests', 'legitimate_interests', 'law_enforcement'))
);

CREATE TABLE case_action_codes (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	action_id UUID NOT NULL, 
	code VARCHAR(40) NOT NULL, 
	not_done_reason VARCHAR(40), 
	CONSTRAINT case_action_codes_pkey PRIMARY KEY (id), 
	CONSTRAINT case_action_codes_action_id_key UNIQUE (action_id), 
	CONSTRAINT case_action_codes_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT case_action_codes_action_id_fkey FOREIGN KEY(action_id) REFERENCES case_action (id) ON DELETE CASCADE, 
	CONSTRAINT case_action_codes_code_check CHECK (code IN ('safety_plan', 'contact_victim', 'home_security', 'housing_move', 'child_check', 'order_sought', 'perpetrator_work', 'flag_systems', 'share_back')), 
	CONSTRAINT case_action_codes_not_done_reason_check CHECK (not_done_reason IN ('not_needed', 'not_wanted', 'not_safe', 'not_possible', 'done_by_others'))
);

CREATE TABLE recipient (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	team_id UUID NOT NULL, 
	suspect INTEGER, 
	allocated_to_id UUID, 
	state VARCHAR(40) NOT NULL, 
	turn VARCHAR(20) NOT NULL, 
	rank INTEGER NOT NULL, 
	hold VARCHAR(40) NOT NULL, 
	is_open BOOLEAN NOT NULL, 
	agreement_id UUID, 
	gateway VARCHAR(60), 
	from_id UUID, 
	from_agency_id UUID, 
	agreed_id UUID, 
	shown UUID[], 
	events INTEGER NOT NULL, 
	state_on DATE, 
	held JSONB, 
	due_at TIMESTAMP WITH TIME ZONE, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	given_at TIMESTAMP WITH TIME ZONE, 
	lost_at TIMESTAMP WITH TIME ZONE, 
	passed_at TIMESTAMP WITH TIME ZONE, 
	disclosure_read_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT recipient_pkey PRIMARY KEY (id), 
	CONSTRAINT recipient_team_id_agency_id_fkey FOREIGN KEY(team_id, agency_id) REFERENCES team (id, agency_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT recipient_team_id_allocated_to_id_fkey FOREIGN KEY(team_id, allocated_to_id) REFERENCES team_member (team_id, membership_id) ON DELETE SET NULL (allocated_to_id), 
	CONSTRAINT recipient_referral_id_team_id_suspect_key UNIQUE NULLS NOT DISTINCT (referral_id, team_id, suspect), 
	CONSTRAINT recipient_lost_check CHECK (lost_at IS NULL OR given_at IS NOT NULL), 
	CONSTRAINT recipient_open_check CHECK ((hold = 'ended') <= NOT is_open), 
	CONSTRAINT recipient_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT recipient_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT recipient_hold_check CHECK (hold IN ('asked', 'taken', 'ended')), 
	CONSTRAINT recipient_from_id_fkey FOREIGN KEY(from_id) REFERENCES recipient (id), 
	CONSTRAINT recipient_from_agency_id_fkey FOREIGN KEY(from_agency_id) REFERENCES agency (id), 
	CONSTRAINT recipient_agreed_id_key UNIQUE (agreed_id), 
	CONSTRAINT recipient_agreed_id_fkey FOREIGN KEY(agreed_id) REFERENCES onward_request (id)
);

CREATE INDEX recipient_by_agreement ON recipient (agreement_id, agency_id) WHERE lost_at IS NULL AND agreement_id IS NOT NULL;

CREATE INDEX recipient_late ON recipient (agency_id, coalesce(due_at, '9999-12-30'::timestamptz), id) WHERE is_open;

CREATE INDEX recipient_newest ON recipient (team_id, created_at, id);

CREATE INDEX recipient_of_referral ON recipient (referral_id, created_at, id);

CREATE INDEX recipient_queue ON recipient (team_id, coalesce(due_at, '9999-12-30'::timestamptz), id) WHERE is_open;

CREATE INDEX recipient_urgent ON recipient (team_id, rank, created_at, id) WHERE is_open;

CREATE TABLE allocation (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	recipient_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	allocated_to_id UUID, 
	by_id UUID, 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	position INTEGER NOT NULL, 
	CONSTRAINT allocation_pkey PRIMARY KEY (id), 
	CONSTRAINT allocation_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT allocation_recipient_id_fkey FOREIGN KEY(recipient_id) REFERENCES recipient (id) ON DELETE CASCADE, 
	CONSTRAINT allocation_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id)
);

CREATE INDEX allocation_of_recipient ON allocation (recipient_id, at, position, id);

CREATE TABLE marac_belief (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	recipient_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	judged_at TIMESTAMP WITH TIME ZONE, 
	judged_by_id UUID, 
	judgement VARCHAR(40), 
	CONSTRAINT marac_belief_pkey PRIMARY KEY (id), 
	CONSTRAINT marac_belief_recipient_id_key UNIQUE (recipient_id), 
	CONSTRAINT marac_belief_judged_check CHECK (num_nulls(judged_at, judged_by_id, judgement) IN (0, 3)), 
	CONSTRAINT marac_belief_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT marac_belief_recipient_id_fkey FOREIGN KEY(recipient_id) REFERENCES recipient (id) ON DELETE CASCADE, 
	CONSTRAINT marac_belief_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT marac_belief_judgement_check CHECK (judgement IN ('no_earlier_case', 'other_people', 'nothing_new', 'too_long_ago'))
);

CREATE INDEX marac_belief_of_agency ON marac_belief (agency_id, created_at, id);

CREATE TABLE marac_listing (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	recipient_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	meeting_id UUID NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	CONSTRAINT marac_listing_pkey PRIMARY KEY (id), 
	CONSTRAINT marac_listing_recipient_id_key UNIQUE (recipient_id), 
	CONSTRAINT marac_listing_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT marac_listing_recipient_id_fkey FOREIGN KEY(recipient_id) REFERENCES recipient (id) ON DELETE CASCADE, 
	CONSTRAINT marac_listing_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT marac_listing_meeting_id_fkey FOREIGN KEY(meeting_id) REFERENCES marac_meeting (id)
);

CREATE INDEX marac_listing_of_meeting ON marac_listing (meeting_id, created_at, id);

CREATE TABLE marac_repeat (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	recipient_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	earlier_id UUID NOT NULL, 
	within VARCHAR(40) NOT NULL, 
	trigger VARCHAR(40) NOT NULL, 
	anchor VARCHAR(40) NOT NULL, 
	counted_from DATE NOT NULL, 
	linked_by_id UUID NOT NULL, 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	taken_back_at TIMESTAMP WITH TIME ZONE, 
	taken_back_by_id UUID, 
	taken_back_reason VARCHAR(40), 
	CONSTRAINT marac_repeat_pkey PRIMARY KEY (id), 
	CONSTRAINT marac_repeat_earlier_check CHECK (earlier_id <> referral_id), 
	CONSTRAINT marac_repeat_taken_back_check CHECK (num_nulls(taken_back_at, taken_back_by_id, taken_back_reason) IN (0, 3)), 
	CONSTRAINT marac_repeat_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT marac_repeat_recipient_id_fkey FOREIGN KEY(recipient_id) REFERENCES recipient (id) ON DELETE CASCADE, 
	CONSTRAINT marac_repeat_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT marac_repeat_earlier_id_fkey FOREIGN KEY(earlier_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT marac_repeat_anchor_check CHECK (anchor IN ('last_referral', 'last_meeting')), 
	CONSTRAINT marac_repeat_taken_back_reason_check CHECK (taken_back_reason IN ('wrong_case', 'other_people', 'nothing_new'))
);

CREATE INDEX marac_repeat_earlier_id_idx ON marac_repeat (earlier_id);

CREATE UNIQUE INDEX marac_repeat_linked ON marac_repeat (referral_id, earlier_id) WHERE taken_back_at IS NULL;

CREATE INDEX marac_repeat_of_agency ON marac_repeat (agency_id, created_at, id);

CREATE TABLE marac_research (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	recipient_id UUID NOT NULL, 
	from_agency_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	team_id UUID NOT NULL, 
	agreement_id UUID, 
	gateway VARCHAR(60), 
	created_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	given_at TIMESTAMP WITH TIME ZONE, 
	lost_at TIMESTAMP WITH TIME ZONE, 
	known VARCHAR(40), 
	answered_at TIMESTAMP WITH TIME ZONE, 
	answered_by_id UUID, 
	CONSTRAINT marac_research_pkey PRIMARY KEY (id), 
	CONSTRAINT marac_research_team_id_agency_id_fkey FOREIGN KEY(team_id, agency_id) REFERENCES team (id, agency_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT marac_research_recipient_id_team_id_key UNIQUE (recipient_id, team_id), 
	CONSTRAINT marac_research_answered_check CHECK ((known IS NULL) = (answered_at IS NULL)), 
	CONSTRAINT marac_research_given_check CHECK (known IS NULL OR given_at IS NOT NULL), 
	CONSTRAINT marac_research_lost_check CHECK (lost_at IS NULL OR given_at IS NOT NULL), 
	CONSTRAINT marac_research_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT marac_research_recipient_id_fkey FOREIGN KEY(recipient_id) REFERENCES recipient (id) ON DELETE CASCADE, 
	CONSTRAINT marac_research_from_agency_id_fkey FOREIGN KEY(from_agency_id) REFERENCES agency (id), 
	CONSTRAINT marac_research_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id), 
	CONSTRAINT marac_research_known_check CHECK (known IN ('known', 'not_known'))
);

CREATE INDEX marac_research_of_agency ON marac_research (agency_id, created_at, id);

CREATE TABLE referral_event (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	recipient_id UUID, 
	position INTEGER NOT NULL, 
	name VARCHAR(60) NOT NULL, 
	part VARCHAR(20) NOT NULL, 
	to_state VARCHAR(40), 
	at TIMESTAMP WITH TIME ZONE NOT NULL, 
	recorded_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	by_id UUID NOT NULL, 
	by_agency_id UUID NOT NULL, 
	by_team_id UUID, 
	error_of_id UUID, 
	CONSTRAINT referral_event_pkey PRIMARY KEY (id), 
	CONSTRAINT referral_event_recipient_id_position_key UNIQUE (recipient_id, position), 
	CONSTRAINT referral_event_error_check CHECK ((name = 'recorded_in_error') = (error_of_id IS NOT NULL)), 
	CONSTRAINT referral_event_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT referral_event_recipient_id_fkey FOREIGN KEY(recipient_id) REFERENCES recipient (id) ON DELETE CASCADE, 
	CONSTRAINT referral_event_by_agency_id_fkey FOREIGN KEY(by_agency_id) REFERENCES agency (id), 
	CONSTRAINT referral_event_error_of_id_fkey FOREIGN KEY(error_of_id) REFERENCES referral_event (id)
);

CREATE INDEX referral_event_error ON referral_event (error_of_id) WHERE error_of_id IS NOT NULL;

CREATE INDEX referral_event_timeline ON referral_event (referral_id, at, recorded_at, position, id);

CREATE TABLE running_clock (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	recipient_id UUID NOT NULL, 
	name VARCHAR(60) NOT NULL, 
	holder VARCHAR(20) NOT NULL, 
	started_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	due_at TIMESTAMP WITH TIME ZONE, 
	provisional BOOLEAN NOT NULL, 
	paused_at TIMESTAMP WITH TIME ZONE, 
	stopped_at TIMESTAMP WITH TIME ZONE, 
	team_id UUID, 
	remains VARCHAR(60), 
	since TIMESTAMP WITH TIME ZONE, 
	rungs TEXT[], 
	rungs_at TIMESTAMP WITH TIME ZONE[], 
	climbed INTEGER, 
	next_at TIMESTAMP WITH TIME ZONE, 
	told VARCHAR(40), 
	told_at TIMESTAMP WITH TIME ZONE, 
	CONSTRAINT running_clock_pkey PRIMARY KEY (id), 
	CONSTRAINT running_clock_recipient_id_name_started_at_key UNIQUE (recipient_id, name, started_at), 
	CONSTRAINT running_clock_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT running_clock_recipient_id_fkey FOREIGN KEY(recipient_id) REFERENCES recipient (id) ON DELETE CASCADE, 
	CONSTRAINT running_clock_team_id_fkey FOREIGN KEY(team_id) REFERENCES team (id)
);

CREATE INDEX running_clock_due ON running_clock (due_at, id) WHERE stopped_at IS NULL;

CREATE INDEX running_clock_next ON running_clock (next_at, id) WHERE next_at IS NOT NULL;

CREATE TABLE supported_matter (
	id UUID NOT NULL, 
	referral_id UUID NOT NULL, 
	authority_id UUID NOT NULL, 
	recipient_id UUID NOT NULL, 
	agency_id UUID NOT NULL, 
	team_id UUID NOT NULL, 
	reference VARCHAR(12) NOT NULL, 
	suspect INTEGER NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	says VARCHAR(200) NOT NULL, 
	days DATE[] NOT NULL, 
	from_on DATE NOT NULL, 
	until_on DATE, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	CONSTRAINT supported_matter_pkey PRIMARY KEY (id), 
	CONSTRAINT supported_matter_team_id_agency_id_fkey FOREIGN KEY(team_id, agency_id) REFERENCES team (id, agency_id) ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED, 
	CONSTRAINT supported_matter_authority_id_recipient_id_key UNIQUE (authority_id, recipient_id), 
	CONSTRAINT supported_matter_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT supported_matter_authority_id_fkey FOREIGN KEY(authority_id) REFERENCES support_authority (id) ON DELETE CASCADE, 
	CONSTRAINT supported_matter_recipient_id_fkey FOREIGN KEY(recipient_id) REFERENCES recipient (id) ON DELETE CASCADE, 
	CONSTRAINT supported_matter_agency_id_fkey FOREIGN KEY(agency_id) REFERENCES agency (id)
);

CREATE INDEX supported_matter_of_team ON supported_matter (team_id, from_on, id);

CREATE INDEX supported_matter_referral_id_idx ON supported_matter (referral_id);

CREATE TABLE event_codes (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	event_id UUID NOT NULL, 
	category VARCHAR(40) NOT NULL, 
	codes JSONB NOT NULL, 
	urn VARCHAR(11), 
	CONSTRAINT event_codes_pkey PRIMARY KEY (id), 
	CONSTRAINT event_codes_event_id_category_key UNIQUE (event_id, category), 
	CONSTRAINT event_codes_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT event_codes_event_id_fkey FOREIGN KEY(event_id) REFERENCES referral_event (id) ON DELETE CASCADE, 
	CONSTRAINT event_codes_category_check CHECK (category IN ('identity_link', 'safe_contact', 'needs', 'wishes', 'risk', 'flags', 'orders', 'criminal_justice', 'actions', 'clocks', 'reasons', 'outcome'))
);

CREATE INDEX event_codes_by_urn ON event_codes (urn) WHERE urn IS NOT NULL;

CREATE TABLE hearing (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	recipient_id UUID NOT NULL, 
	event_id UUID NOT NULL, 
	held_on DATE NOT NULL, 
	kind VARCHAR(40) NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	CONSTRAINT hearing_pkey PRIMARY KEY (id), 
	CONSTRAINT hearing_event_id_key UNIQUE (event_id), 
	CONSTRAINT hearing_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT hearing_recipient_id_fkey FOREIGN KEY(recipient_id) REFERENCES recipient (id) ON DELETE CASCADE, 
	CONSTRAINT hearing_event_id_fkey FOREIGN KEY(event_id) REFERENCES referral_event (id) ON DELETE CASCADE, 
	CONSTRAINT hearing_kind_check CHECK (kind IN ('first', 'plea', 'case_management', 'ground_rules', 'pre_recorded', 'trial', 'sentence', 'bail', 'mention')), 
	CONSTRAINT hearing_state_check CHECK (state IN ('listed', 'relisted', 'vacated'))
);

CREATE INDEX hearing_by_day ON hearing (held_on, id) WHERE state = 'listed';

CREATE INDEX hearing_of_track ON hearing (recipient_id, held_on, id);

CREATE TABLE plan_item (
	id UUID NOT NULL, 
	updated_at TIMESTAMP WITH TIME ZONE NOT NULL, 
	version INTEGER NOT NULL, 
	acl INTEGER[] NOT NULL, 
	routes INTEGER[] NOT NULL, 
	referral_id UUID NOT NULL, 
	recipient_id UUID NOT NULL, 
	event_id UUID NOT NULL, 
	code VARCHAR(40) NOT NULL, 
	due_on DATE NOT NULL, 
	state VARCHAR(40) NOT NULL, 
	ended_on DATE, 
	CONSTRAINT plan_item_pkey PRIMARY KEY (id), 
	CONSTRAINT plan_item_event_id_code_key UNIQUE (event_id, code), 
	CONSTRAINT plan_item_ended_check CHECK ((state = 'open') = (ended_on IS NULL)), 
	CONSTRAINT plan_item_referral_id_fkey FOREIGN KEY(referral_id) REFERENCES referral (id) ON DELETE CASCADE, 
	CONSTRAINT plan_item_recipient_id_fkey FOREIGN KEY(recipient_id) REFERENCES recipient (id) ON DELETE CASCADE, 
	CONSTRAINT plan_item_event_id_fkey FOREIGN KEY(event_id) REFERENCES referral_event (id) ON DELETE CASCADE, 
	CONSTRAINT plan_item_code_check CHECK (code IN ('statement', 'medical', 'phone', 'video', 'forensic', 'third_party', 'bad_character', 'disclosure', 'victim_view', 'interview')), 
	CONSTRAINT plan_item_state_check CHECK (state IN ('open', 'done', 'not_given'))
);

CREATE INDEX plan_item_of_track ON plan_item (recipient_id, due_on, id);

-- The caller's context: a transaction-local setting, signed with a key that no login role can read and bound
-- to this backend and this transaction. An SQL injection can set it, but cannot make one that verifies.

CREATE FUNCTION context_mac(body text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, auth_secret, pg_temp AS $$
    -- HMAC-SHA256 (RFC 2104) with the padded key kept ready; PostgreSQL has sha256() but no HMAC without pgcrypto.
    SELECT encode(sha256(k.outer || sha256(k.inner || convert_to(body, 'UTF8'))), 'hex')
    FROM auth_secret.context_key k ORDER BY k.made_at DESC LIMIT 1
$$;

-- Whether one of our keys made this. A key that was replaced is good for an hour more: requests are under way.
CREATE FUNCTION context_verifies(mac text, body text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, auth_secret, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM auth_secret.context_key k
        WHERE mac = encode(sha256(k.outer || sha256(k.inner || convert_to(body, 'UTF8'))), 'hex')
          AND NOT EXISTS (SELECT FROM auth_secret.context_key newer WHERE newer.made_at > k.made_at
                          AND newer.made_at < clock_timestamp() - interval '1 hour'))
$$;

CREATE FUNCTION context_home() RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_backend_pid()::text || '@' || extract(epoch FROM transaction_timestamp())::text
$$;

CREATE FUNCTION set_context(
    principal uuid, agency uuid, person uuid, request uuid, moment timestamptz, scopes text[], keys int[],
    by_token boolean, closed int[], lacking jsonb, client uuid
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    body text := concat_ws('|', context_home(), principal, agency, coalesce(person::text, ''), coalesce(request::text, ''),
                           extract(epoch FROM coalesce(moment, now())), array_to_string(scopes, ','), keys::text, by_token,
                           closed::text, lacking::text, coalesce(client::text, ''));
BEGIN
    PERFORM set_config('portal.caller', context_mac(body) || '|' || body, true);
END
$$;

-- The verified context as an array: home, principal, agency, person, request, moment, scopes, keys, by_token, closed
-- routes, keys that lack a category, client. NULL: nobody.
CREATE FUNCTION caller_context() RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    signed text := current_setting('portal.caller', true);
    body text := substr(signed, 66);
    parts text[];
BEGIN
    IF signed IS NULL OR signed = '' OR NOT context_verifies(left(signed, 64), body) THEN
        RETURN NULL;
    END IF;
    parts := string_to_array(body, '|');
    IF parts[1] IS DISTINCT FROM context_home() THEN
        RETURN NULL;
    END IF;
    RETURN parts;
END
$$;

CREATE FUNCTION caller_keys() RETURNS int[] LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT (caller_context())[8]::int[] $$;

-- The keys that open data of this category: all but those whose agreement does not cover it.
CREATE FUNCTION caller_keys(category text) RETURNS int[] LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    context text[] := caller_context();
    lacking jsonb := context[11]::jsonb -> category;
BEGIN
    IF lacking IS NULL THEN
        RETURN context[8]::int[];
    END IF;
    RETURN ARRAY(SELECT key FROM unnest(context[8]::int[]) key WHERE NOT lacking @> to_jsonb(key));
END
$$;

-- The routes by which the caller's agency was given something, and by which it may not have it today.
CREATE FUNCTION caller_closed() RETURNS int[] LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT (caller_context())[10]::int[] $$;

CREATE FUNCTION caller_principal() RETURNS uuid LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT (caller_context())[2]::uuid $$;

CREATE FUNCTION caller_agency() RETURNS uuid LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT (caller_context())[3]::uuid $$;

CREATE FUNCTION caller_person() RETURNS uuid LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT nullif((caller_context())[4], '')::uuid $$;

-- The person themselves, NULL for a program that acts for them: where they are signed in, what they are told and with
-- what they prove who they are is no program's business.
CREATE FUNCTION caller_self() RETURNS uuid LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN (caller_context())[9] = 'f' THEN nullif((caller_context())[4], '')::uuid END
$$;

-- The program that asks, for itself or in somebody's name; NULL for a person on the portal's own pages.
CREATE FUNCTION caller_client() RETURNS uuid LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT nullif((caller_context())[12], '')::uuid $$;

CREATE FUNCTION caller_request() RETURNS uuid LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT nullif((caller_context())[5], '')::uuid $$;

-- The request's one "now"; the owner (migrations, back-fills) has no caller and gets the transaction's.
CREATE FUNCTION caller_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(to_timestamp(((caller_context())[6])::double precision), transaction_timestamp())
$$;

CREATE FUNCTION caller_can(scope text) RETURNS boolean LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(scope = ANY (string_to_array((caller_context())[7], ',')), false)
$$;

-- What a membership is today: the roles it holds that have not ended, less those that handle cases while its training,
-- vetting or confidentiality declaration has lapsed or was never recorded.

CREATE FUNCTION in_good_standing(member uuid, today date) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM standing s
        WHERE s.membership_id = member AND s.training_until >= today AND s.vetting_until >= today
          AND s.confidentiality_until >= today
    )
$$;

CREATE FUNCTION roles_today(member uuid, today date) RETURNS text[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(
        SELECT r.role::text FROM membership_role r
        WHERE r.membership_id = member AND (r.ends_on IS NULL OR r.ends_on >= today)
          AND (NOT EXISTS (SELECT FROM role_trait t WHERE t.role = r.role AND t.cases)
               OR in_good_standing(member, today))
        ORDER BY 1
    )
$$;

-- Whether a membership is alive: it has begun, has not ended, and neither has its agency.
CREATE FUNCTION lives(m membership, today date) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT m.starts_on <= today AND (m.ends_on IS NULL OR m.ends_on >= today) AND m.ended_at IS NULL
       AND EXISTS (SELECT FROM agency a WHERE a.id = m.agency_id AND (a.ended_on IS NULL OR a.ended_on > today))
$$;

-- The roles that an agency's administrators may grant: those the partnership set for it, else all that suit its kind.
CREATE FUNCTION grantable(agency uuid, wanted text) RETURNS boolean
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM agency a JOIN role_trait t ON t.role = wanted AND a.kind = ANY (t.kinds)
        LEFT JOIN grantable_roles g ON g.agency_id = a.id
        WHERE a.id = grantable.agency AND (g.roles IS NULL OR wanted = ANY (g.roles))
    )
$$;

-- An agency's administrators as people: somebody may hold two memberships, and is one person all the same.
CREATE FUNCTION administrators_of(agency uuid, today date) RETURNS uuid[]
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT m.person_id), '{}') FROM membership m
    WHERE m.agency_id = administrators_of.agency AND lives(m, today)
      AND EXISTS (
          SELECT FROM membership_role r
          WHERE r.membership_id = m.id AND (r.ends_on IS NULL OR r.ends_on >= today)
            AND r.role IN ('agency_administrator', 'partnership_administrator'))
$$;

-- Whether a way of signing in speaks for an agency: a partner's provider for its own agency, a local account (no
-- provider) for agencies without one, and both for joint bodies, whose people come from several agencies.
CREATE FUNCTION sign_in_vouches(provider uuid, agency uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM agency a
        WHERE a.id = sign_in_vouches.agency AND CASE
            WHEN provider IS NOT NULL THEN EXISTS (
                SELECT FROM identity_provider p
                WHERE p.id = provider AND p.ended_at IS NULL AND (p.agency_id = a.id OR a.kind = 'joint_body'))
            ELSE a.kind = 'joint_body' OR NOT EXISTS (
                SELECT FROM identity_provider p WHERE p.agency_id = a.id AND p.ended_at IS NULL)
            END
    )
$$;

-- The day somebody last came, for the agency's administrators; the sign-in role may change nothing else there.
CREATE FUNCTION note_sign_in(membership uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    UPDATE membership SET last_signed_in_at = clock_timestamp() WHERE id = note_sign_in.membership
$$;

-- A page's request: the same principal, keys and rules as a token's, opened by the hash of its cookie.

CREATE FUNCTION open_session_caller(token_hash bytea, request uuid, moment timestamptz DEFAULT NULL)
RETURNS TABLE (principal_id uuid, kind text, agency_id uuid, person_id uuid, roles text[], scopes text[],
               team_ids uuid[], authenticated_at timestamptz, acr text)
LANGUAGE plpgsql ROWS 1 SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
#variable_conflict use_column
DECLARE
    alive browser_session;
BEGIN
    SELECT b.* INTO alive FROM auth_secret.session_secret s JOIN browser_session b ON b.id = s.session_id
    WHERE s.token_hash = open_session_caller.token_hash AND b.ended_at IS NULL
      AND b.expires_at > clock_timestamp() AND b.seen_at > clock_timestamp() - interval '30 minutes';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the session is unknown, over or ended' USING ERRCODE = 'PA401';
    END IF;
    IF alive.membership_id IS NULL OR NOT EXISTS (
        SELECT FROM membership m WHERE m.id = alive.membership_id AND m.person_id = alive.person_id
          AND sign_in_vouches(alive.provider_id, m.agency_id)
    ) THEN
        RAISE EXCEPTION 'the session acts as nobody yet' USING ERRCODE = 'PA402';
    END IF;
    -- Once a minute is enough to know who is still there, and spares most pages a write.
    IF alive.seen_at < clock_timestamp() - interval '1 minute' THEN
        PERFORM set_config('synchronous_commit', 'off', true);
        UPDATE browser_session SET seen_at = clock_timestamp() WHERE id = alive.id;
    END IF;
    PERFORM set_config('portal.session', alive.id::text, true);
    RETURN QUERY SELECT p.principal_id, p.kind, p.agency_id, p.person_id, p.roles, p.scopes, p.team_ids,
                        alive.authenticated_at, alive.acr::text
                 FROM open_principal(alive.membership_id, NULL, request, moment) p;
END
$$;

-- Opening a caller: who the token or the command speaks for, which keys that principal holds at this moment.

CREATE FUNCTION capability(wanted text, agency uuid DEFAULT NULL, team uuid DEFAULT NULL) RETURNS int
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT id FROM capability c
    WHERE c.kind = wanted AND c.agency_id IS NOT DISTINCT FROM agency AND c.team_id IS NOT DISTINCT FROM team
      AND c.gate_id IS NULL
$$;

-- Broad keys first: an overlap test stops at the first match, and most rows carry a broad key.
CREATE FUNCTION keys_of(agency uuid, teams uuid[], reads boolean) RETURNS int[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(array_agg(id), '{}') FROM (
        SELECT c.id FROM capability c LEFT JOIN agency a ON a.id = agency
        WHERE c.kind = 'public'
           OR c.kind = 'staff' AND c.agency_id = agency
           OR reads AND (c.kind = 'partnership' AND a.in_partnership
                         OR c.kind = 'agency' AND c.agency_id = agency
                         OR c.kind = 'team' AND c.team_id = ANY (teams))
        ORDER BY array_position(ARRAY['public', 'partnership', 'agency', 'staff', 'team'], c.kind::text), c.id
    ) held
$$;

-- What a principal may do today: a membership by its roles; an API client by its scopes, within those that its owner has
-- accepted, within what the owner may. One that nobody has accepted rests: it is nobody.
CREATE FUNCTION principal_today(wanted uuid, today date)
RETURNS TABLE (principal_id uuid, kind text, agency_id uuid, person_id uuid, roles text[], scopes text[], team_ids uuid[])
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT m.id, 'membership', m.agency_id, m.person_id, held.roles,
           ARRAY(SELECT DISTINCT s.scope::text FROM role_scope s WHERE s.role = ANY (held.roles) ORDER BY 1),
           ARRAY(SELECT t.team_id FROM team_member t WHERE t.membership_id = m.id ORDER BY 1)
    FROM membership m JOIN agency a ON a.id = m.agency_id CROSS JOIN LATERAL roles_today(m.id, today) AS held (roles)
    WHERE m.id = wanted AND m.starts_on <= today AND (m.ends_on IS NULL OR m.ends_on >= today)
      AND m.ended_at IS NULL AND (a.ended_on IS NULL OR a.ended_on > today)
    UNION ALL
    SELECT c.id, 'client', c.agency_id, NULL, '{}', ARRAY(
               SELECT held.name FROM unnest(c.scopes) AS held (name)
               WHERE held.name = ANY (yes.scopes)
                 AND EXISTS (SELECT FROM role_scope s WHERE s.scope = held.name AND s.role = ANY (owns.roles))
               ORDER BY 1), '{}'
    FROM client c JOIN agency a ON a.id = c.agency_id JOIN client_acceptance yes ON yes.id = c.id
    LEFT JOIN membership m ON m.id = yes.owner_membership_id AND m.agency_id = c.agency_id AND m.starts_on <= today
        AND (m.ends_on IS NULL OR m.ends_on >= today) AND m.ended_at IS NULL
    LEFT JOIN LATERAL roles_today(m.id, today) AS owns (roles) ON m.id IS NOT NULL
    WHERE c.id = wanted AND c.ended_at IS NULL AND c.expires_at > now()
      AND (a.ended_on IS NULL OR a.ended_on > today)
$$;

-- As what a principal uses what others share: a member by its roles, a program by those of whoever answers for it.
CREATE FUNCTION acting_roles(principal uuid, today date) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT roles_today(coalesce((SELECT c.owner_membership_id FROM client_acceptance c WHERE c.id = principal), principal), today)
$$;

CREATE FUNCTION open_principal(wanted uuid, within text[], request uuid, moment timestamptz, client uuid DEFAULT NULL)
RETURNS TABLE (principal_id uuid, kind text, agency_id uuid, person_id uuid, roles text[], scopes text[], team_ids uuid[])
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (coalesce(moment, now()) AT TIME ZONE 'Europe/London')::date;
    who record;
    keys int[];
    cases record;
BEGIN
    SELECT * INTO who FROM principal_today(wanted, today);
    IF NOT FOUND THEN
        RAISE EXCEPTION 'this principal has no access' USING ERRCODE = 'PA401';
    END IF;
    who.scopes := ARRAY(SELECT s FROM unnest(who.scopes) s WHERE within IS NULL OR s = ANY (within));
    keys := keys_of(who.agency_id, who.team_ids, 'initiatives:read' = ANY (who.scopes));
    -- Asked anew at each request: an agreement that ends or is suspended closes its cases and changes no row.
    SELECT * INTO cases FROM case_keys(who.agency_id, who.team_ids, who.scopes, coalesce(moment, now()),
                                       acting_roles(who.principal_id, today));
    keys := keys || cases.keys;
    -- The cost of reading grows with the keys; to drop some would hide rows, and nobody would know.
    IF cardinality(keys) > 64 THEN
        RAISE EXCEPTION 'this principal holds too many keys: leave a team' USING ERRCODE = 'PA401';
    END IF;
    PERFORM set_context(who.principal_id, who.agency_id, who.person_id, request, moment, who.scopes, keys,
                        within IS NOT NULL, cases.closed, cases.lacking, client);
    RETURN QUERY SELECT who.principal_id, who.kind, who.agency_id, who.person_id, who.roles, who.scopes,
                        who.team_ids;
END
$$;

-- What is left today of the scopes that a person let a program have; NULL when the consent, the program or its
-- agency has ended, when whoever vouched for the person no longer does, or when the membership has moved to another
-- agency than the program's.
CREATE FUNCTION consented(consent uuid, scopes text[], today date) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(SELECT s FROM unnest(consented.scopes) s WHERE s = ANY (program.scopes))
    FROM consent c JOIN membership m ON m.id = c.membership_id
    CROSS JOIN LATERAL principal_today(c.client_id, today) program
    WHERE c.id = consented.consent AND c.ended_at IS NULL AND c.expires_at > now() AND program.agency_id = m.agency_id
      AND m.person_id = c.person_id AND sign_in_vouches(c.provider_id, m.agency_id)
$$;

-- The request's first statement: token, proof of possession, replay, caller, all in one.
-- Replay rows may commit asynchronously because a proof older than the server's start is refused. Two limits:
-- a backend that crashes alone, and a failover to an asynchronous replica, can forget a mark of the last half second.
CREATE FUNCTION open_caller(
    token_hash bytea, thumbprint text, proof bytea, proof_issued timestamptz, membership uuid, request uuid,
    moment timestamptz DEFAULT NULL, exchange uuid DEFAULT NULL
)
RETURNS TABLE (principal_id uuid, kind text, agency_id uuid, person_id uuid, roles text[], scopes text[],
               team_ids uuid[], authenticated_at timestamptz, acr text)
LANGUAGE plpgsql ROWS 1 SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
#variable_conflict use_column
DECLARE
    token auth_secret.access_token;
    within text[];
BEGIN
    SELECT * INTO token FROM auth_secret.access_token t
    WHERE t.token_hash = open_caller.token_hash AND t.thumbprint = open_caller.thumbprint
      AND t.revoked_at IS NULL AND t.expires_at > clock_timestamp();
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the access token is unknown, expired or revoked' USING ERRCODE = 'PA401';
    END IF;
    IF proof_issued <= pg_postmaster_start_time() THEN
        RAISE EXCEPTION 'the proof is older than the server' USING ERRCODE = 'PA401';
    END IF;
    -- A mutation opens its caller once for each field: those share an exchange, which never leaves the server.
    INSERT INTO auth_secret.seen_proof (proof, seen_at, exchange)
    VALUES (open_caller.proof, clock_timestamp(), open_caller.exchange)
    ON CONFLICT DO NOTHING;
    IF NOT FOUND AND NOT EXISTS (
        SELECT FROM auth_secret.seen_proof s
        WHERE s.proof = open_caller.proof AND s.exchange = open_caller.exchange
    ) THEN
        RAISE EXCEPTION 'the proof has been used before' USING ERRCODE = 'PA401';
    END IF;
    IF membership IS NOT NULL AND membership <> token.principal_id THEN
        RAISE EXCEPTION 'this token does not speak for that membership' USING ERRCODE = 'PA401';
    END IF;
    within := token.scopes;
    -- A program acts for somebody while the consent lasts, and as far as it may today itself.
    IF token.consent_id IS NOT NULL THEN
        IF NOT EXISTS (
            SELECT FROM consent c WHERE c.id = token.consent_id
              AND c.membership_id = token.principal_id AND c.client_id = token.client_id
        ) THEN
            RAISE EXCEPTION 'this token is not of its consent' USING ERRCODE = 'PA401';
        END IF;
        within := consented(token.consent_id, token.scopes::text[], (coalesce(moment, now()) AT TIME ZONE 'Europe/London')::date);
        IF coalesce(within, '{}') = '{}' THEN
            RAISE EXCEPTION 'the consent behind this token has ended, or covers no data' USING ERRCODE = 'PA401';
        END IF;
    END IF;
    -- A proof from the future could outlive a restart that forgets it: its mark must be on disk.
    IF proof_issued <= clock_timestamp() THEN
        PERFORM set_config('synchronous_commit', 'off', true);
    END IF;
    RETURN QUERY SELECT p.principal_id, p.kind, p.agency_id, p.person_id, p.roles, p.scopes, p.team_ids,
                        token.authenticated_at, token.acr::text
                 FROM open_principal(token.principal_id, within, request, moment, token.client_id) p;
END
$$;

-- For operator commands (`--as`): the same principal, keys and rules, without a token. Whoever may run commands
-- has proved it to the machine they run on, and just now.
CREATE FUNCTION open_command_caller(principal uuid, request uuid, moment timestamptz DEFAULT NULL)
RETURNS TABLE (principal_id uuid, kind text, agency_id uuid, person_id uuid, roles text[], scopes text[],
               team_ids uuid[], authenticated_at timestamptz, acr text)
LANGUAGE sql ROWS 1 SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT p.*, clock_timestamp(), 'phr' FROM open_principal(principal, NULL, request, moment) p
$$;

CREATE FUNCTION give_agency_its_key() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO capability (kind, agency_id)
    VALUES ('agency', NEW.id), ('staff', NEW.id), ('summary', NEW.id), ('full', NEW.id);
    RETURN NULL;
END
$$;

CREATE FUNCTION give_team_its_key() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO capability (kind, agency_id, team_id) VALUES ('team', NEW.agency_id, NEW.id);
    RETURN NULL;
END
$$;

CREATE TRIGGER gives_key AFTER INSERT ON agency FOR EACH ROW EXECUTE FUNCTION give_agency_its_key();
CREATE TRIGGER gives_key AFTER INSERT ON team FOR EACH ROW EXECUTE FUNCTION give_team_its_key();

-- A name is shown inside the agency, and to partners only where the agency shows names.
CREATE FUNCTION show_membership_names() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO membership_name (membership_id, name, acl)
    SELECT m.id, p.name, ARRAY[capability('staff', a.id)]
                         || CASE WHEN a.shows_names THEN ARRAY[capability('partnership')] ELSE '{}' END
    FROM membership m JOIN person p ON p.id = m.person_id JOIN agency a ON a.id = m.agency_id
    WHERE CASE TG_TABLE_NAME WHEN 'membership' THEN m.id WHEN 'person' THEN p.id ELSE a.id END = NEW.id
    ON CONFLICT (membership_id) DO UPDATE SET name = excluded.name, acl = excluded.acl;
    RETURN NULL;
END
$$;

CREATE TRIGGER shows_names AFTER INSERT OR UPDATE OF agency_id, person_id ON membership
FOR EACH ROW EXECUTE FUNCTION show_membership_names();
CREATE TRIGGER shows_names AFTER UPDATE OF name ON person FOR EACH ROW EXECUTE FUNCTION show_membership_names();
CREATE TRIGGER shows_names AFTER UPDATE OF shows_names ON agency FOR EACH ROW EXECUTE FUNCTION show_membership_names();

-- Programs of an agency: the owner's yes, without which nothing of them works, and who is told of what.

-- What of a client waits for its owner's yes; the names are those of ClientPart.
CREATE FUNCTION client_rests(wanted uuid) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN yes.id IS NULL THEN ARRAY['everything'] ELSE array_remove(ARRAY[
        CASE WHEN yes.owner_membership_id <> c.owner_membership_id THEN 'owner' END,
        CASE WHEN NOT c.scopes <@ yes.scopes THEN 'scopes' END,
        CASE WHEN NOT c.grants <@ yes.grants THEN 'grants' END,
        CASE WHEN NOT c.redirect_uris <@ yes.redirect_uris THEN 'redirect_uris' END,
        CASE WHEN c.jwks_uri <> coalesce(yes.jwks_uri, '') THEN 'jwks_uri' END,
        CASE WHEN EXISTS (SELECT FROM client_key k WHERE k.client_id = c.id AND k.retired_at IS NULL
                          AND k.thumbprint <> ALL (yes.thumbprints)) THEN 'keys' END], NULL) END
    FROM client c LEFT JOIN client_acceptance yes ON yes.id = c.id
    WHERE c.id = client_rests.wanted AND c.agency_id = caller_agency()
$$;

-- To the agency's administrators but the caller, and to whoever answers for the client or did so. Words of the portal's own.
CREATE FUNCTION tell_of_client(it client, words text, to_owner text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    owners uuid[] := ARRAY(
        SELECT m.person_id FROM membership m WHERE m.id = it.owner_membership_id
        UNION SELECT m.person_id FROM client_acceptance yes JOIN membership m ON m.id = yes.owner_membership_id
        WHERE yes.id = it.id);
BEGIN
    PERFORM tell(p, 'program_changed', left(to_owner, 400)) FROM unnest(owners) p;
    PERFORM tell(p, 'program_changed', left(words, 400)) FROM unnest(administrators_of(it.agency_id, caller_today())) p
    WHERE p <> caller_person() AND p <> ALL (owners);
END
$$;

-- The owner's yes to a client as it is at this version, in person: neither an administrator nor a program says it for them.
-- Answers with the version that the client has; another than the one that was seen means that nothing was accepted.
CREATE FUNCTION accept_client(wanted uuid, seen int) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    it client;
BEGIN
    SELECT * INTO it FROM client c WHERE c.id = accept_client.wanted FOR UPDATE;
    IF caller_self() IS NULL OR it.owner_membership_id IS DISTINCT FROM caller_principal()
        OR it.agency_id IS DISTINCT FROM caller_agency() THEN
        RAISE EXCEPTION 'the member whom a program names accepts it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF it.version <> seen THEN
        RETURN it.version;
    END IF;
    IF it.ended_at IS NOT NULL THEN
        RAISE EXCEPTION 'an ended program is not accepted' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM tell_of_client(it, it.name || ' was accepted by its owner as it is now.',
                           it.name || ' was accepted as it is now, by whoever answers for it from now on.');
    INSERT INTO client_acceptance (id, owner_membership_id, accepted_at, scopes, grants, redirect_uris, jwks_uri, thumbprints)
    SELECT it.id, it.owner_membership_id, clock_timestamp(), it.scopes, it.grants, it.redirect_uris, it.jwks_uri,
           ARRAY(SELECT k.thumbprint FROM client_key k WHERE k.client_id = it.id AND k.retired_at IS NULL ORDER BY 1)
    ON CONFLICT (id) DO UPDATE SET owner_membership_id = excluded.owner_membership_id, accepted_at = excluded.accepted_at,
        scopes = excluded.scopes, grants = excluded.grants, redirect_uris = excluded.redirect_uris,
        jwks_uri = excluded.jwks_uri, thumbprints = excluded.thumbprints;
    UPDATE client c SET refused_at = NULL, refusal = NULL, updated_at = clock_timestamp() WHERE c.id = it.id;
    RETURN seen;
END
$$;

-- The owner's no. A client that nobody has accepted ends; of another one the new keys are retired, and what else waits goes
-- on waiting. `altogether`, or by whoever answered for it before, it also takes back the yes: then the client rests.
CREATE FUNCTION refuse_client(wanted uuid, seen int, because text, altogether boolean) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    it client;
    yes client_acceptance;
BEGIN
    SELECT * INTO it FROM client c WHERE c.id = refuse_client.wanted FOR UPDATE;
    SELECT * INTO yes FROM client_acceptance a WHERE a.id = it.id;
    IF caller_self() IS NULL OR it.agency_id IS DISTINCT FROM caller_agency()
        OR (caller_principal() IN (it.owner_membership_id, yes.owner_membership_id)) IS NOT TRUE THEN
        RAISE EXCEPTION 'the member whom a program names refuses it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF it.version <> seen THEN
        RETURN it.version;
    END IF;
    PERFORM tell_of_client(it, it.name || ' was refused by its owner: ' || because, it.name || ' was refused: ' || because);
    IF yes.owner_membership_id = caller_principal()
        AND (altogether OR it.owner_membership_id <> caller_principal()) THEN
        DELETE FROM client_acceptance a WHERE a.id = it.id;
    ELSIF yes.id IS NOT NULL THEN
        UPDATE client_key k SET retired_at = clock_timestamp()
        WHERE k.client_id = it.id AND k.retired_at IS NULL AND k.thumbprint <> ALL (yes.thumbprints);
    END IF;
    UPDATE client c SET refused_at = clock_timestamp(), refusal = because, updated_at = clock_timestamp(),
        ended_at = CASE WHEN yes.id IS NULL THEN clock_timestamp() ELSE c.ended_at END
    WHERE c.id = it.id;
    RETURN seen;
END
$$;

-- Whoever accepts a client accepts its keys: one that came since was not seen.
CREATE FUNCTION touch_client_of_key() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE client c SET updated_at = clock_timestamp() WHERE c.id = NEW.client_id;
    RETURN NULL;
END
$$;

-- A key that was accepted stays the same key: it can be retired, and nothing else.
CREATE FUNCTION keep_client_key() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF to_jsonb(NEW) - 'retired_at' IS DISTINCT FROM to_jsonb(OLD) - 'retired_at'
        OR OLD.retired_at IS NOT NULL AND NEW.retired_at IS NULL AND caller_principal() IS NOT NULL THEN
        RAISE EXCEPTION 'a registered key is retired, and never another one' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

-- A notice to whoever answers for a client, from an administrator of its agency. The words are the portal's own.
CREATE FUNCTION tell_owner(client uuid, says text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT caller_can('agencies:manage') OR caller_self() IS NULL THEN
        RAISE EXCEPTION 'only an administrator tells people of changes' USING ERRCODE = '42501';
    END IF;
    INSERT INTO notice (id, person_id, at, kind, says)
    SELECT gen_random_uuid(), m.person_id, clock_timestamp(), 'program_changed', left(tell_owner.says, 400)
    FROM client c JOIN membership m ON m.id = c.owner_membership_id
    WHERE c.id = tell_owner.client AND c.agency_id = caller_agency();
END
$$;

-- How often anybody may guess: each try fills buckets that drain, and a full one makes the next try wait, twice as long
-- with each. Nothing is ever locked for good, and nobody waits for what others did from elsewhere: a browser in which
-- somebody has proved who they are has a bucket of its own, and one network alone cannot make all others wait. Names and
-- addresses are kept as keyed hashes only.

CREATE FUNCTION guess_mark(what text) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT decode(context_mac('guess|' || what), 'hex') $$;

-- The seconds until the next try would be allowed. Holds the bucket until the transaction ends, and counts nothing.
CREATE FUNCTION bucket_wait(mark bytea, moment timestamptz) RETURNS double precision
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    next_at timestamptz;
BEGIN
    INSERT INTO auth_secret.guess AS g (mark, level, at, next_at) VALUES (mark, 0, moment, '-infinity')
    ON CONFLICT ON CONSTRAINT guess_pkey DO UPDATE SET mark = excluded.mark
    RETURNING g.next_at INTO next_at;
    RETURN CASE WHEN next_at > moment THEN extract(epoch FROM next_at - moment) ELSE 0 END;
END
$$;

-- The same; 0 counts this one.
CREATE FUNCTION fill_bucket(mark bytea, free int, drains interval, longest interval, moment timestamptz)
RETURNS double precision
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    wait double precision := bucket_wait(mark, moment);
    bucket auth_secret.guess;
    filled double precision;
BEGIN
    IF wait > 0 THEN
        RETURN wait;
    END IF;
    SELECT g.* INTO bucket FROM auth_secret.guess g WHERE g.mark = mark;
    filled := 1 + greatest(0, bucket.level - extract(epoch FROM greatest(moment - bucket.at, '0')) / extract(epoch FROM drains));
    -- Nobody waits while it is not full, not even who came a moment earlier and is served after the others. Half a
    -- try is allowed for: it has drained a little since.
    UPDATE auth_secret.guess g SET level = filled, at = greatest(bucket.at, moment), next_at = CASE
        WHEN filled < free - 0.5 THEN '-infinity'
        ELSE moment + least(longest, interval '1 second' * power(2, least(filled - free, 30) + 2)) END
    WHERE g.mark = bucket.mark;
    RETURN 0;
END
$$;

-- Counts one more, and says whether more guess at the moment than ever sign in here. By itself it makes nobody wait; a
-- minute after the last of a flood it is as if there had been none.
CREATE FUNCTION many_guess(moment timestamptz) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    free int := 600;
    filled double precision;
BEGIN
    INSERT INTO auth_secret.guess AS g (mark, level, at, next_at) VALUES (guess_mark('everybody'), 1, moment, '-infinity')
    ON CONFLICT ON CONSTRAINT guess_pkey DO UPDATE SET
        level = least(2 * free, 1 + greatest(0, g.level - extract(epoch FROM greatest(moment - g.at, '0')) * 10)),
        at = greatest(g.at, moment)
    RETURNING g.level INTO filled;
    RETURN filled > free;
END
$$;

-- `browser` is one in which this account has proved itself: its own bucket alone counts. Else, in this order: the address
-- and its whole network, so that who must wait there fills nothing else; the account, ten tries in five minutes; and,
-- while many guess all over the country, three tries and then one a minute for each network. A try that must wait
-- for one of these fills none of those behind it, and never the account's.
CREATE FUNCTION take_guess(account text, address text, network text, browser text,
                           moment timestamptz DEFAULT clock_timestamp())
RETURNS double precision
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wait double precision;
BEGIN
    IF browser IS NOT NULL THEN
        RETURN fill_bucket(guess_mark('browser|' || account || '|' || browser), 3, '120 seconds', '120 seconds', moment);
    END IF;
    wait := fill_bucket(guess_mark('address|' || address), 60, '3 seconds', '60 seconds', moment);
    IF wait = 0 AND network <> address THEN
        wait := fill_bucket(guess_mark('network|' || network), 180, '1 second', '60 seconds', moment);
    END IF;
    IF wait = 0 THEN
        wait := bucket_wait(guess_mark('account|' || account), moment);
    END IF;
    IF wait = 0 AND many_guess(moment) THEN
        wait := fill_bucket(guess_mark('meanwhile|' || network), 3, '60 seconds', '60 seconds', moment);
    END IF;
    IF wait = 0 THEN
        wait := fill_bucket(guess_mark('account|' || account), 3, '120 seconds', '120 seconds', moment);
    END IF;
    RETURN wait;
END
$$;

-- It was no guess: what it has filled is given back, and the account, or its browser, begins anew.
CREATE FUNCTION forget_guesses(account text, address text, network text, browser text) RETURNS void
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
    DELETE FROM auth_secret.guess
    WHERE mark = guess_mark(coalesce('browser|' || account || '|' || browser, 'account|' || account));
    UPDATE auth_secret.guess SET level = greatest(0, level - 1)
    WHERE browser IS NULL
      AND mark IN (guess_mark('address|' || address), guess_mark('network|' || network), guess_mark('meanwhile|' || network))
$$;

-- What a caller may ask about itself: its scopes at this moment, and the browser session that this request came by.

CREATE FUNCTION caller_scopes() RETURNS text[] LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(string_to_array(nullif((caller_context())[7], ''), ','), '{}')
$$;

-- Set by open_session_caller for this transaction. It only tells a person's own sessions apart: nothing rests on it.
CREATE FUNCTION caller_session() RETURNS uuid LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT nullif(current_setting('portal.session', true), '')::uuid
$$;

-- The memberships that the caller can act as: the person's living ones that this session's way of signing in vouches for.
CREATE FUNCTION caller_memberships(today date) RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(array_agg(m.id), '{}')
    FROM membership m JOIN agency a ON a.id = m.agency_id
    WHERE m.person_id = caller_self() AND m.starts_on <= today AND (m.ends_on IS NULL OR m.ends_on >= today)
      AND m.ended_at IS NULL AND (a.ended_on IS NULL OR a.ended_on > today)
      AND (caller_session() IS NULL OR EXISTS (
          SELECT FROM browser_session b WHERE b.id = caller_session() AND sign_in_vouches(b.provider_id, m.agency_id)))
$$;

-- What happens to people. The rules stand here once more, below Python's kinder words: who injects SQL as an
-- administrator can still not do alone what takes two.

CREATE FUNCTION caller_today() RETURNS date LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT (caller_now() AT TIME ZONE 'Europe/London')::date $$;

-- Administrators take turns within an agency: two could otherwise remove each other at once.
CREATE FUNCTION hold_agency(agency uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM agency a WHERE a.id = hold_agency.agency FOR NO KEY UPDATE;
END
$$;

-- In person: a program that acts in an administrator's name manages nobody.
CREATE FUNCTION manages(agency uuid) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT agency = caller_agency() AND caller_self() IS NOT NULL AND caller_can('agencies:manage')
$$;

-- Where no two administrators are left beside the one concerned, the partnership's administrator is the second person.
CREATE FUNCTION too_few_in(agency uuid, beside uuid) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT cardinality(array_remove(administrators_of(agency, caller_today()), beside)) < 2
$$;

CREATE FUNCTION role_excluded(member uuid, wanted text) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM membership m JOIN membership n ON n.agency_id = m.agency_id AND n.person_id = m.person_id
        JOIN membership_role r ON r.membership_id = n.id
        JOIN role_trait t ON t.role = wanted AND r.role = ANY (t.excludes)
        WHERE m.id = member AND lives(n, caller_today()) AND (r.ends_on IS NULL OR r.ends_on >= caller_today())
          -- Administrators see no case as administrators; with another membership the same person may work on some.
          AND (n.id = m.id OR wanted IN ('data_protection_lead', 'authorised_signatory'))
    )
$$;

CREATE FUNCTION check_role_request() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    answer text[] := ARRAY['state', 'answered_by_id', 'answered_person_id', 'answered_at', 'reason'];
    member membership;
    twice boolean := EXISTS (SELECT FROM role_trait t WHERE t.role = NEW.role AND t.second_person);
BEGIN
    IF caller_principal() IS NULL THEN
        RETURN NEW;  -- the tables' owner: sample data, and the end of a membership
    END IF;
    PERFORM hold_agency(NEW.agency_id);
    IF TG_OP = 'UPDATE' AND (OLD.state <> 'waiting' OR to_jsonb(NEW) - answer <> to_jsonb(OLD) - answer) THEN
        RAISE EXCEPTION 'a request is answered once, and never rewritten' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'taken_back' OR NEW.state = 'declined' AND NEW.answered_by_id = caller_principal() THEN
        RETURN NEW;
    END IF;
    SELECT * INTO member FROM membership m WHERE m.id = NEW.membership_id;
    IF (member.agency_id, member.person_id) IS DISTINCT FROM (NEW.agency_id, NEW.person_id)
        OR NOT lives(member, caller_today()) OR NOT grantable(NEW.agency_id, NEW.role)
        OR role_excluded(NEW.membership_id, NEW.role)
        OR cardinality(administrators_of(NEW.agency_id, caller_today())) < 2 THEN
        RAISE EXCEPTION 'this role cannot be given here' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' AND (
        (NEW.asked_by_id, NEW.asked_person_id) IS DISTINCT FROM (caller_principal(), caller_person())
        OR NEW.state <> CASE WHEN twice THEN 'waiting' ELSE 'given' END
        OR NEW.role = 'partnership_administrator' AND NOT caller_can('partnership:manage')
        OR NOT manages(NEW.agency_id)
           AND NOT (twice AND caller_can('partnership:manage') AND too_few_in(NEW.agency_id, NEW.person_id))
    ) OR TG_OP = 'UPDATE' AND (
        NEW.state <> 'confirmed' OR NOT manages(NEW.agency_id)
        OR (NEW.answered_by_id, NEW.answered_person_id) IS DISTINCT FROM (caller_principal(), caller_person())
    ) THEN
        RAISE EXCEPTION 'this role is not the caller''s to give' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION give_role() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO membership_role (membership_id, role, deputy, title, ends_on)
    VALUES (NEW.membership_id, NEW.role, NEW.deputy, NEW.title, NEW.ends_on)
    ON CONFLICT (membership_id, role) DO UPDATE
    SET deputy = excluded.deputy, title = excluded.title, ends_on = excluded.ends_on;
    RETURN NULL;
END
$$;

CREATE FUNCTION partnership_administered() RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM membership m JOIN membership_role r ON r.membership_id = m.id
        WHERE r.role = 'partnership_administrator' AND lives(m, caller_today())
          AND (r.ends_on IS NULL OR r.ends_on >= caller_today())
    )
$$;

-- Neither an agency nor the partnership loses its last administrator.
CREATE FUNCTION still_administered(agency uuid, partnership boolean) RETURNS void LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF cardinality(administrators_of(agency, caller_today())) = 0 OR partnership AND NOT partnership_administered() THEN
        RAISE EXCEPTION 'the last administrator cannot be removed' USING ERRCODE = 'check_violation';
    END IF;
END
$$;

-- What an administrator has under way goes with the role it rested on: what takes an administrator of the agency, when
-- they are none any more; what took one of the partnership, when they are no longer that.
CREATE FUNCTION take_back_of(member uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    home uuid := (SELECT m.agency_id FROM membership m WHERE m.id = member);
    partnership boolean := EXISTS (
        SELECT FROM membership_role r WHERE r.membership_id = member AND r.role = 'partnership_administrator');
    own boolean := partnership OR EXISTS (
        SELECT FROM membership_role r WHERE r.membership_id = member AND r.role = 'agency_administrator');
BEGIN
    UPDATE role_request r SET state = 'taken_back', answered_at = clock_timestamp()
    WHERE r.state = 'waiting' AND r.asked_by_id = member AND NOT partnership
      AND (NOT own OR r.agency_id <> home OR r.role = 'partnership_administrator');
    UPDATE invitation i SET withdrawn_at = clock_timestamp()
    WHERE i.used_at IS NULL AND i.withdrawn_at IS NULL AND i.made_by_id = member AND NOT own;
END
$$;

CREATE FUNCTION withdraw_role(member uuid, held text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    home uuid := (SELECT m.agency_id FROM membership m WHERE m.id = member);
    administered boolean := partnership_administered();
BEGIN
    IF manages(home) IS NOT TRUE THEN
        RAISE EXCEPTION 'an administrator of the agency withdraws its roles' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM hold_agency(home);
    IF cardinality(administrators_of(home, caller_today())) < 2 THEN
        RAISE EXCEPTION 'roles change where there are two administrators' USING ERRCODE = 'check_violation';
    END IF;
    DELETE FROM membership_role r WHERE r.membership_id = member AND r.role = held;
    PERFORM still_administered(home, administered);
    IF held IN ('agency_administrator', 'partnership_administrator') THEN
        PERFORM take_back_of(member);
    END IF;
END
$$;

-- At once, and with it everything that speaks for it: sessions, consents, tokens, what it had asked for or offered.
CREATE FUNCTION end_membership(member uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
DECLARE
    home uuid := (SELECT m.agency_id FROM membership m WHERE m.id = member);
    administered boolean := partnership_administered();
BEGIN
    IF manages(home) IS NOT TRUE THEN
        RAISE EXCEPTION 'an administrator of the agency ends its memberships' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM hold_agency(home);
    UPDATE membership m SET ended_at = now() WHERE m.id = member AND m.ended_at IS NULL;
    PERFORM still_administered(home, administered);
    DELETE FROM auth_secret.session_secret s USING browser_session b
    WHERE b.id = s.session_id AND b.membership_id = member;
    UPDATE browser_session b SET ended_at = clock_timestamp() WHERE b.membership_id = member AND b.ended_at IS NULL;
    UPDATE consent c SET ended_at = clock_timestamp() WHERE c.membership_id = member AND c.ended_at IS NULL;
    UPDATE auth_secret.access_token t SET revoked_at = clock_timestamp()
    WHERE t.principal_id = member AND t.revoked_at IS NULL;
    UPDATE role_request r SET state = 'taken_back', answered_at = clock_timestamp()
    WHERE r.state = 'waiting' AND member IN (r.membership_id, r.asked_by_id);
    UPDATE invitation i SET withdrawn_at = clock_timestamp()
    WHERE i.used_at IS NULL AND i.withdrawn_at IS NULL AND member IN (i.made_by_id, i.rebinds_id);
END
$$;

-- A colleague's browsers in which they act for the caller's agency: a lost laptop waits for nobody. How many there were.
CREATE FUNCTION sign_out_member(member uuid) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
DECLARE
    gone int;
BEGIN
    IF manages((SELECT m.agency_id FROM membership m WHERE m.id = member)) IS NOT TRUE THEN
        RAISE EXCEPTION 'an administrator of the agency signs its people out' USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM auth_secret.session_secret s USING browser_session b
    WHERE b.id = s.session_id AND b.membership_id = member;
    UPDATE browser_session b SET ended_at = clock_timestamp() WHERE b.membership_id = member AND b.ended_at IS NULL;
    GET DIAGNOSTICS gone = ROW_COUNT;
    UPDATE consent c SET ended_at = clock_timestamp() WHERE c.membership_id = member AND c.ended_at IS NULL;
    RETURN gone;
END
$$;

-- One of them: the laptop that was lost, and not the phone that was not. Whether it was there to be ended.
CREATE FUNCTION end_member_session(session uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
BEGIN
    IF manages((SELECT m.agency_id FROM browser_session b JOIN membership m ON m.id = b.membership_id
                WHERE b.id = session)) IS NOT TRUE THEN
        RAISE EXCEPTION 'an administrator of the agency ends its people''s sessions' USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM auth_secret.session_secret s WHERE s.session_id = session;
    UPDATE browser_session b SET ended_at = clock_timestamp() WHERE b.id = session AND b.ended_at IS NULL;
    RETURN FOUND;
END
$$;

CREATE FUNCTION tell(person uuid, about text, words text) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO notice (id, person_id, at, kind, says) VALUES (gen_random_uuid(), person, clock_timestamp(), about, words)
$$;

-- The people who hold a role in an agency today.
CREATE FUNCTION people_as(agency uuid, wanted text, today date) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT DISTINCT m.person_id FROM membership m
    WHERE m.agency_id = people_as.agency AND lives(m, today) AND wanted = ANY (roles_today(m.id, today))
$$;

-- Who answers for an agency's information: its senior information risk owners. Where it has none, the first of these that
-- there are: whoever signs for it, looks after data protection there, administers it. So there is always somebody to hear.
CREATE FUNCTION who_answers(agency uuid, today date) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH standing AS (
        SELECT m.person_id, min(CASE WHEN r.title = 'siro' THEN 1 WHEN r.role = 'authorised_signatory' THEN 2
                                     WHEN r.role = 'data_protection_lead' THEN 3 ELSE 4 END) AS rank
        FROM membership m JOIN membership_role r ON r.membership_id = m.id
        WHERE m.agency_id = who_answers.agency AND lives(m, today) AND r.role = ANY (roles_today(m.id, today))
          AND r.role IN ('authorised_signatory', 'data_protection_lead', 'agency_administrator')
        GROUP BY m.person_id
    )
    SELECT person_id FROM standing WHERE rank = (SELECT min(rank) FROM standing)
$$;

CREATE FUNCTION tell_member(member uuid, about text, words text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT caller_can('agencies:manage') OR caller_self() IS NULL THEN
        RAISE EXCEPTION 'only administrators tell others' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM tell(m.person_id, about, words) FROM membership m WHERE m.id = member;
END
$$;

-- All but the caller, who knows.
CREATE FUNCTION tell_administrators(agency uuid, about text, words text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT caller_can('agencies:manage') OR caller_self() IS NULL THEN
        RAISE EXCEPTION 'only administrators tell others' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM tell(p, about, words) FROM unnest(administrators_of(agency, caller_today())) p WHERE p <> caller_person();
END
$$;

-- Ways in. What may change of an invitation is little: it is confirmed, withdrawn, or used once.

-- Whether a member's person belongs, or is about to belong, to another agency or joint body. To let them in again hands
-- over the whole person: no one agency decides that for the others.
CREATE FUNCTION belongs_elsewhere(member uuid, today date) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT (caller_principal() IS NULL OR caller_can('agencies:manage')) AND EXISTS (
        SELECT FROM membership m JOIN membership o ON o.person_id = m.person_id AND o.agency_id <> m.agency_id
        JOIN agency a ON a.id = o.agency_id AND (a.ended_on IS NULL OR a.ended_on > today)
        WHERE m.id = member AND o.ended_at IS NULL AND (o.ends_on IS NULL OR o.ends_on >= today)
    )
$$;

-- Whether those who made an invitation may still make it: the portal's operator, or an administrator who is one today
-- and, of the role, still may; and, where a second person confirmed it, they too.
CREATE FUNCTION still_meant(i invitation, today date) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT i.made_person_id IS NULL
        OR i.made_person_id = ANY (administrators_of(i.agency_id, today))
           AND (i.role IS NULL OR grantable(i.agency_id, i.role))
           AND (i.confirmed_by_id IS NULL OR i.confirmed_person_id = ANY (administrators_of(i.agency_id, today))
                OR EXISTS (
                    SELECT FROM membership m JOIN membership_role r ON r.membership_id = m.id
                    WHERE m.id = i.confirmed_by_id AND r.role = 'partnership_administrator' AND lives(m, today)
                      AND (r.ends_on IS NULL OR r.ends_on >= today)))
$$;

-- Whoever holds an old key, an account at a provider or a client's token is out, by whatever door the person comes back.
CREATE FUNCTION forget_ways_in(who uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
BEGIN
    DELETE FROM credential c WHERE c.person_id = who;
    DELETE FROM identity i WHERE i.person_id = who;
    DELETE FROM auth_secret.recovery r WHERE r.person_id = who;
    DELETE FROM auth_secret.session_secret s USING browser_session b WHERE b.id = s.session_id AND b.person_id = who;
    UPDATE browser_session b SET ended_at = clock_timestamp() WHERE b.person_id = who AND b.ended_at IS NULL;
    UPDATE consent c SET ended_at = clock_timestamp() WHERE c.person_id = who AND c.ended_at IS NULL;
    UPDATE auth_secret.access_token t SET revoked_at = clock_timestamp() FROM membership m
    WHERE m.person_id = who AND t.principal_id = m.id AND t.revoked_at IS NULL;
END
$$;

CREATE FUNCTION check_invitation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    little text[] := ARRAY['withdrawn_at', 'token_hash', 'confirmed_by_id', 'confirmed_person_id', 'confirmed_at',
                           'expires_at'];
    concerned uuid := (SELECT m.person_id FROM membership m WHERE m.id = NEW.rebinds_id);
BEGIN
    IF caller_principal() IS NULL THEN
        RETURN NEW;  -- accept_invitation, and the end of a membership
    END IF;
    IF OLD.used_at IS NOT NULL OR OLD.withdrawn_at IS NOT NULL OR to_jsonb(NEW) - little <> to_jsonb(OLD) - little
        OR OLD.token_hash IS NOT NULL AND (
            (NEW.token_hash, NEW.expires_at) IS DISTINCT FROM (OLD.token_hash, OLD.expires_at)) THEN
        RAISE EXCEPTION 'an invitation is withdrawn, never rewritten' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.confirmed_by_id IS DISTINCT FROM OLD.confirmed_by_id AND (
        (NEW.confirmed_by_id, NEW.confirmed_person_id) IS DISTINCT FROM (caller_principal(), caller_person())
        OR concerned = caller_person() OR belongs_elsewhere(NEW.rebinds_id, caller_today())
        OR NOT manages(NEW.agency_id)
           AND NOT (caller_can('partnership:manage') AND too_few_in(NEW.agency_id, concerned))
    ) THEN
        RAISE EXCEPTION 'this invitation is not the caller''s to confirm' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;

-- Taken by one statement, so that of a thousand who try at once one succeeds. NULLs: there is nothing to accept.
CREATE FUNCTION accept_invitation(hash bytea, called text, provider uuid, known uuid, today date)
RETURNS TABLE (person uuid, member uuid) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    came uuid := gen_random_uuid();
    taken invitation;
    who uuid;
BEGIN
    -- The key is deferred: the member who came is written after the invitation that let them in.
    UPDATE invitation i SET used_at = clock_timestamp(), joined_id = coalesce(i.rebinds_id, came)
    WHERE i.token_hash = hash AND i.used_at IS NULL AND i.withdrawn_at IS NULL AND i.expires_at > clock_timestamp()
      AND sign_in_vouches(provider, i.agency_id)
      AND EXISTS (SELECT FROM agency a WHERE a.id = i.agency_id AND (a.ended_on IS NULL OR a.ended_on > today))
      AND still_meant(i, today)
      AND (known IN (i.made_person_id, i.confirmed_person_id)) IS NOT TRUE  -- nobody invites themselves
      AND (i.rebinds_id IS NULL OR NOT belongs_elsewhere(i.rebinds_id, today) AND EXISTS (
          SELECT FROM membership m WHERE m.id = i.rebinds_id AND lives(m, today)
            AND (known IS NULL OR known = m.person_id)))
    RETURNING i.* INTO taken;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF taken.rebinds_id IS NOT NULL THEN
        who := (SELECT m.person_id FROM membership m WHERE m.id = taken.rebinds_id);
        PERFORM forget_ways_in(who);
        PERFORM tell(p, 'joined', 'A member who had lost every way to sign in has come back by the invitation for '
                     || taken.for_whom || '.') FROM unnest(administrators_of(taken.agency_id, today)) p WHERE p <> who;
        PERFORM tell(who, 'sign_in_changed', 'You were let in again by an invitation that two administrators made.'
                     || ' All your sessions and all your old ways to sign in were ended.');
        RETURN QUERY SELECT who, taken.rebinds_id;
        RETURN;
    END IF;
    who := known;
    IF who IS NULL THEN
        who := gen_random_uuid();
        INSERT INTO person (id, name) VALUES (who, called);
    END IF;
    INSERT INTO membership (id, person_id, agency_id, starts_on) VALUES (came, who, taken.agency_id, today);
    IF taken.role IS NOT NULL THEN
        INSERT INTO membership_role (membership_id, role) VALUES (came, taken.role);
    END IF;
    PERFORM tell(p, 'joined', (SELECT n.name FROM person n WHERE n.id = who) || ' joined by the invitation for '
                 || taken.for_whom || '.') FROM unnest(administrators_of(taken.agency_id, today)) p WHERE p <> who;
    RETURN QUERY SELECT who, came;
END
$$;

-- Teams: who is in them, and what becomes of the work of one that ends. Administrators see no work, so that moving it is
-- done here; they are told how much there is, and nothing of it.

-- Whether the caller, in person, leads this team today: it takes the team's word (`leads`) and the role.
CREATE FUNCTION leads_team(team uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT caller_self() IS NOT NULL AND EXISTS (
        SELECT FROM team_member t
        WHERE t.team_id = leads_team.team AND t.membership_id = caller_principal() AND t.leads
          AND 'team_lead' = ANY (roles_today(t.membership_id, caller_today())))
$$;

-- Unfinished actions, open risks and initiatives of a team of the caller's own agency.
CREATE FUNCTION work_of_team(team uuid) RETURNS int
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT (SELECT count(*) FROM action a WHERE a.owner_team_id = t.id AND a.state IN ('open', 'in_progress'))::int
         + (SELECT count(*) FROM risk r WHERE r.owner_team_id = t.id AND r.state <> 'closed')::int
         + (SELECT count(*) FROM initiative i WHERE i.lead_team_id = t.id)::int
    FROM team t WHERE t.id = work_of_team.team AND manages(t.agency_id)
$$;

CREATE FUNCTION end_team(ending uuid, taker uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    home uuid := (SELECT t.agency_id FROM team t WHERE t.id = ending);
BEGIN
    IF manages(home) IS NOT TRUE THEN
        RAISE EXCEPTION 'an administrator of the agency ends its teams' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM hold_agency(home);
    IF taker = ending OR taker IS NOT NULL AND NOT EXISTS (
        SELECT FROM team t WHERE t.id = taker AND t.agency_id = home AND t.ended_on IS NULL)
        OR taker IS NULL AND work_of_team(ending) > 0 THEN
        RAISE EXCEPTION 'a team that holds work hands it to another team of its agency' USING ERRCODE = 'check_violation';
    END IF;
    UPDATE action a SET owner_team_id = taker, allocated_to_id = (
        SELECT t.membership_id FROM team_member t WHERE t.team_id = taker AND t.membership_id = a.allocated_to_id)
    WHERE a.owner_team_id = ending AND a.state IN ('open', 'in_progress');
    UPDATE risk r SET owner_team_id = taker WHERE r.owner_team_id = ending AND r.state <> 'closed';
    UPDATE initiative i SET lead_team_id = taker WHERE i.lead_team_id = ending;
    UPDATE team t SET ended_on = caller_today() WHERE t.id = ending AND t.ended_on IS NULL;
END
$$;

-- What they had of its actions goes back on the team's list; who finished what stays in its history.
CREATE FUNCTION leave_team(left_team uuid, member uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    home uuid := (SELECT t.agency_id FROM team t WHERE t.id = left_team);
BEGIN
    IF (manages(home) OR leads_team(left_team)) IS NOT TRUE THEN
        RAISE EXCEPTION 'an administrator or the team''s lead says who is in it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE action a SET allocated_to_id = NULL WHERE a.owner_team_id = left_team AND a.allocated_to_id = member;
    DELETE FROM team_member t WHERE t.team_id = left_team AND t.membership_id = member;
END
$$;

-- A notice to a colleague about a team of theirs; whoever leads it tells them, too. The words are the portal's own.
CREATE FUNCTION tell_of_team(about uuid, member uuid, words text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (leads_team(about) OR manages((SELECT t.agency_id FROM team t WHERE t.id = about))) IS NOT TRUE THEN
        RAISE EXCEPTION 'only who manages a team tells of it' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM tell(m.person_id, 'team_changed', left(words, 400))
    FROM membership m JOIN team t ON t.agency_id = m.agency_id WHERE m.id = member AND t.id = about;
END
$$;

-- The roles that a directory gives, as agreed in role_mapping: added and taken away, those and no others, for the
-- person's membership in the provider's own agency. Which roles may be mapped at all, the table's own check says, and
-- of those only what the agency's administrators could grant, too.
CREATE FUNCTION map_roles(provider uuid, person uuid, app_roles text[])
RETURNS TABLE (membership_id uuid, role text, given boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    today date := (now() AT TIME ZONE 'Europe/London')::date;
    belongs uuid;
    home uuid;
BEGIN
    SELECT m.id, m.agency_id INTO belongs, home
    FROM identity_provider p JOIN membership m ON m.agency_id = p.agency_id
    WHERE p.id = provider AND p.ended_at IS NULL AND p.roles_claim IS NOT NULL AND m.person_id = person
      AND m.starts_on <= today AND (m.ends_on IS NULL OR m.ends_on >= today)
      AND (m.ended_at IS NULL OR m.ended_at > now())
    FOR UPDATE OF m;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH mapped AS (
            SELECT r.role::text AS role, bool_or(r.app_role = ANY (app_roles)) AS held
            FROM role_mapping r WHERE r.provider_id = provider AND grantable(home, r.role::text) GROUP BY r.role
        ), taken AS (
            DELETE FROM membership_role h USING mapped m
            WHERE h.membership_id = belongs AND h.role = m.role AND NOT m.held
            RETURNING h.role::text AS role
        ), added AS (
            INSERT INTO membership_role (membership_id, role)
            SELECT belongs, m.role FROM mapped m WHERE m.held
            ON CONFLICT DO NOTHING
            RETURNING membership_role.role::text AS role
        )
        SELECT belongs, t.role, false FROM taken t UNION ALL SELECT belongs, a.role, true FROM added a;
END
$$;

-- Every insert, update and delete of a tracked table leaves a change (seen by all who saw the row
-- before or see it now: that is how lost sight becomes a tombstone) and, unless only the row's keys
-- moved, its history.

CREATE FUNCTION touch_row() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF to_jsonb(NEW) - '{acl,full_acl,routes}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{acl,full_acl,routes}'::text[] THEN
        NEW.version := OLD.version + 1;
        NEW.updated_at := caller_now();
    END IF;
    RETURN NEW;
END
$$;

-- The same where nothing says when a row changed.
CREATE FUNCTION count_row() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD) THEN
        NEW.version := OLD.version + 1;
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION changed_part(a jsonb, b jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(a) WHERE b -> key IS DISTINCT FROM value
$$;

-- Arguments: the row's type; the column that names its initiative, or '' if it hangs on none; and a word or '':
-- "kept" for rows whose `audience` may keep them within their `agency_id`, "everyone" for rows without keys, "case" for
-- those of a case, which have no history.
CREATE FUNCTION record_change() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    was jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    now_is jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    plain_was jsonb := was - '{acl,full_acl,routes,version,updated_at}'::text[];
    plain_is jsonb := now_is - '{acl,full_acl,routes,version,updated_at}'::text[];
    row_json jsonb := coalesce(now_is, was);
    this change;
    keys_was int[];
    keys_is int[];
    routes_was int[] := '{}';
    routes_is int[] := '{}';
    -- Read and verified once: caller_now() and its like each would do it again, for every row.
    caller text[] := caller_context();
BEGIN
    IF TG_ARGV[2] = 'everyone' THEN
        keys_is := ARRAY[capability('public')];
        keys_was := keys_is;
    ELSE
        keys_is := NEW.acl;
        keys_was := OLD.acl;
    END IF;
    IF TG_ARGV[2] = 'case' THEN
        routes_is := coalesce(NEW.routes, '{}');
        routes_was := coalesce(OLD.routes, '{}');
    END IF;
    this.kind := CASE TG_OP WHEN 'INSERT' THEN 'created' WHEN 'DELETE' THEN 'deleted' ELSE 'updated' END;
    IF TG_OP = 'UPDATE' AND plain_was = plain_is THEN
        IF keys_was = keys_is AND routes_was = routes_is THEN
            RETURN NULL;
        END IF;
        this.kind := 'visibility';
    END IF;
    this.id := gen_random_uuid();
    this.txid := pg_current_xact_id()::text::bigint;
    this.at := coalesce(to_timestamp(caller[6]::double precision), transaction_timestamp());
    this.request_id := nullif(caller[5], '')::uuid;
    this.actor_id := caller[2]::uuid;
    this.actor_agency_id := caller[3]::uuid;
    this.verb := coalesce(nullif(current_setting('portal.verb', true), ''), 'system');
    this.object_type := TG_ARGV[0];
    this.object_id := row_json ->> 'id';
    this.initiative_id := row_json ->> TG_ARGV[1];
    -- A deletion comes after the last version; what is never altered has but one.
    this.version := coalesce((row_json ->> 'version')::int, 1) + (TG_OP = 'DELETE')::int;
    IF TG_ARGV[2] = 'kept' AND row_json ->> 'audience' = 'agency' THEN
        this.within_agency_id := row_json ->> 'agency_id';
    END IF;
    this.acl := ARRAY(SELECT DISTINCT k FROM unnest(keys_was || keys_is) k ORDER BY k);
    this.routes := ARRAY(SELECT DISTINCT r FROM unnest(routes_was || routes_is) r ORDER BY r);
    INSERT INTO change SELECT this.*;
    IF this.kind <> 'visibility' AND TG_ARGV[2] <> 'case' THEN
        -- The row's own keys may be out of date here: a partner that leaves has just changed them.
        INSERT INTO history (change_id, at, actor_id, actor_agency_id, verb, kind, object_type, object_id, version,
                             initiative_id, within_agency_id, acl, seen_then, before, after)
        VALUES (this.id, this.at, this.actor_id, this.actor_agency_id, this.verb, this.kind,
                this.object_type, this.object_id, this.version, this.initiative_id, this.within_agency_id,
                coalesce(initiative_acl(this.initiative_id), keys_is, keys_was), coalesce(keys_was, keys_is),
                CASE WHEN TG_OP = 'UPDATE' THEN changed_part(plain_was, plain_is) ELSE plain_was END,
                CASE WHEN TG_OP = 'UPDATE' THEN changed_part(plain_is, plain_was) ELSE plain_is END);
    END IF;
    RETURN NULL;
END
$$;

-- The caller's agency and those it took over from: what they kept within themselves is its own now.
CREATE FUNCTION caller_agencies() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH RECURSIVE own AS (
        SELECT caller_agency() AS id UNION SELECT a.id FROM agency a JOIN own ON a.successor_id = own.id
    )
    SELECT array_agg(id) FROM own
$$;

-- Which keys a caller holds and which ways to it are closed, as a cursor notes it: what its holder may see has not moved since.
CREATE FUNCTION keys_mark() RETURNS text LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT left(encode(sha256(convert_to(caller_keys()::text || caller_closed()::text, 'UTF8')), 'hex'), 16)
$$;

CREATE FUNCTION keys_mark_holds(mark text) RETURNS boolean LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF mark IS DISTINCT FROM keys_mark() THEN
        RAISE EXCEPTION 'what this caller may see has changed since the cursor was made' USING ERRCODE = 'PA410';
    END IF;
    RETURN true;
END
$$;

-- Records of what happened, once they are old enough (portal/changes/keeping.py says how old). The sign-in role adds
-- these and removes none of them: neither an age nor a clock of its own is asked for here.
CREATE FUNCTION forget_records(what text, most int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, auth_secret, pg_temp AS $$
DECLARE
    past timestamptz := clock_timestamp() - interval '13 months';
    gone bigint;
BEGIN
    CASE what
        WHEN 'sign-in events about somebody or some program' THEN
            DELETE FROM auth_event WHERE id IN (SELECT e.id FROM auth_event e WHERE e.at < past LIMIT most);
        WHEN 'sign-in events about nobody known here' THEN
            DELETE FROM auth_event WHERE id IN (
                SELECT e.id FROM auth_event e WHERE e.at < clock_timestamp() - interval '90 days'
                  AND num_nonnulls(e.person_id, e.membership_id, e.client_id, e.agency_id) = 0
                  AND NOT starts_with(e.kind, 'key_') LIMIT most);
        WHEN 'audit lines of what was refused' THEN
            DELETE FROM audit_line WHERE id IN (
                SELECT l.id FROM audit_line l WHERE l.at < past AND l.outcome = 'refused' LIMIT most);
        WHEN 'consents' THEN
            DELETE FROM consent WHERE id IN (
                SELECT c.id FROM consent c WHERE least(c.ended_at, c.expires_at) < past
                  AND NOT EXISTS (SELECT FROM access_token t WHERE t.consent_id = c.id)
                  AND NOT EXISTS (SELECT FROM refresh_token r WHERE r.consent_id = c.id)
                  AND NOT EXISTS (SELECT FROM authorization_code a WHERE a.consent_id = c.id) LIMIT most);
        WHEN 'notices' THEN
            DELETE FROM notice WHERE id IN (SELECT n.id FROM notice n WHERE n.at < past LIMIT most);
        WHEN 'e-mails, with each attempt' THEN
            DELETE FROM outbox_message WHERE id IN (
                SELECT m.id FROM outbox_message m
                WHERE m.written_at < clock_timestamp() - interval '90 days' AND m.state <> 'waiting' LIMIT most);
    END CASE;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END
$$;

-- Which keys open an initiative, and how they reach everything that hangs on it.

CREATE FUNCTION initiative_keys(wanted uuid, lead uuid, seen_by text) RETURNS int[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    -- Broad keys first, as in keys_of: an overlap test stops at the first match.
    SELECT array_agg(id) FROM (
        SELECT c.id FROM capability c
        WHERE c.kind = 'public' AND seen_by = 'public'
           OR c.kind = 'partnership' AND seen_by IN ('partnership', 'public')
           OR c.kind = 'agency' AND (c.agency_id = lead OR seen_by <> 'draft' AND c.agency_id IN (
                SELECT p.agency_id FROM partner p
                WHERE p.initiative_id = wanted AND p.state IN ('invited', 'committed')))
        ORDER BY array_position(ARRAY['public', 'partnership', 'agency'], c.kind::text), c.id
    ) opening
$$;

CREATE FUNCTION set_initiative_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.acl := initiative_keys(NEW.id, NEW.lead_agency_id, NEW.visibility);
    RETURN NEW;
END
$$;

CREATE FUNCTION initiative_acl(wanted uuid) RETURNS int[]
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT acl FROM initiative WHERE id = wanted $$;

-- The initiative's keys, which nobody else can change until this transaction ends: what is written under it meanwhile
-- would keep keys that no longer hold. `moving`: this transaction will change them itself, and two that only shared
-- the lock would wait for each other. An initiative first, then what hangs on it: one order for all.
CREATE FUNCTION keep_initiative_keys(wanted uuid, moving boolean) RETURNS int[]
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    keys int[];
BEGIN
    IF moving THEN
        SELECT acl INTO keys FROM initiative WHERE id = wanted FOR NO KEY UPDATE;
    ELSE
        SELECT acl INTO keys FROM initiative WHERE id = wanted FOR SHARE;
    END IF;
    RETURN coalesce(keys, '{}');
END
$$;

-- What a verb calls before it locks a row that hangs on an initiative; of a hidden one it does nothing.
CREATE FUNCTION hold_initiative(wanted uuid, moving boolean) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF initiative_acl(wanted) && caller_keys() THEN
        PERFORM keep_initiative_keys(wanted, moving);
    END IF;
END
$$;

-- A child has its initiative's keys, and nothing a writer puts there. An unknown parent gives no key, so that
-- the policy refuses a child of a hidden initiative and one of no initiative alike. A row that is there already needs
-- no lock: whoever spreads new keys waits for the row itself.
CREATE FUNCTION initiative_child_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.acl := keep_initiative_keys(NEW.initiative_id, TG_TABLE_NAME = 'partner');
    ELSE
        NEW.acl := coalesce(initiative_acl(NEW.initiative_id), '{}');
    END IF;
    RETURN NEW;
END
$$;

-- Partners come and go: the initiative's keys are computed again.
CREATE FUNCTION partner_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE initiative SET acl = acl WHERE id = coalesce(NEW.initiative_id, OLD.initiative_id);
    RETURN NULL;
END
$$;

-- New keys of an initiative reach its rows and its history; `TG_ARGV` lists the tables.
CREATE FUNCTION spread_initiative_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY TG_ARGV LOOP
        EXECUTE format('UPDATE %I SET acl = $1 WHERE initiative_id = $2', child) USING NEW.acl, NEW.id;
    END LOOP;
    UPDATE history SET acl = NEW.acl WHERE initiative_id = NEW.id;
    RETURN NULL;
END
$$;

-- How a partner's row may move, and by whom: what a row rule cannot say, since it sees the row before or after and
-- never both. Each side takes its own steps only: a lead commits nobody, and nobody accepts their own offer.
CREATE FUNCTION check_partner_move() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    own boolean := OLD.agency_id = caller_agency();
    edits boolean := caller_can('initiatives:edit');
    leads boolean := edits AND EXISTS (
        SELECT FROM initiative i WHERE i.id = OLD.initiative_id AND i.lead_agency_id = caller_agency());
    move text := OLD.state || ' to ' || NEW.state;
    allowed text[] := '{}';
BEGIN
    IF current_user = 'portal_owner' THEN
        RETURN NEW;  -- a succession, new keys, sample data
    END IF;
    IF leads THEN
        allowed := allowed || ARRAY['offered to committed', 'offered to declined', 'invited to left',
            'committed to left', 'declined to invited', 'left to invited',
            'invited to invited', 'offered to offered', 'committed to committed'];
    END IF;
    IF leads AND own THEN  -- it stays as a partner when it hands over the lead
        allowed := allowed || ARRAY['invited to committed', 'declined to committed', 'left to committed'];
    END IF;
    IF own THEN
        allowed := allowed || ARRAY['offered to left', 'declined to offered', 'left to offered'];
    END IF;
    IF own AND edits THEN
        allowed := allowed || ARRAY['invited to committed', 'invited to declined', 'committed to left'];
    END IF;
    IF (NEW.initiative_id, NEW.agency_id) IS DISTINCT FROM (OLD.initiative_id, OLD.agency_id)
        OR move <> ALL (allowed) THEN
        RAISE EXCEPTION 'this step is not this caller''s to take: %', move USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END
$$;

-- Whether an agency, or one that it took over from, has changed anything on an initiative that the caller sees now: also
-- before the caller came to see it, since whoever joins late must not take for quiet who was busy until then. Only yes
-- or no; what stays within an agency is no word to the others.
CREATE FUNCTION heard_since(initiative uuid, agency uuid, since timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH RECURSIVE own AS (
        SELECT agency AS id UNION SELECT a.id FROM agency a JOIN own ON a.successor_id = own.id
    )
    SELECT EXISTS (
        SELECT FROM history h
        WHERE h.initiative_id = initiative AND h.at >= since AND h.actor_agency_id IN (SELECT id FROM own)
          AND h.within_agency_id IS NULL AND h.acl && caller_keys())
$$;

-- A correction marks the figure it supersedes before it is itself stored, so that no two standing figures of one
-- agency are for one period, not even within a statement. The API can change no stored figure: it has no grant.
CREATE FUNCTION supersede_observation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    recorder uuid;
BEGIN
    NEW.superseded := false;
    IF NEW.supersedes_id IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT recorded_by_agency_id INTO recorder FROM observation
    WHERE id = NEW.supersedes_id AND measure_id = NEW.measure_id AND initiative_id = NEW.initiative_id;
    -- One answer for a figure of another's and for none: it must not tell that a hidden figure is there.
    IF recorder IS NULL OR recorder <> ALL (caller_agencies())
       AND NOT (caller_can('initiatives:edit') AND EXISTS (
           SELECT FROM initiative i WHERE i.id = NEW.initiative_id AND i.lead_agency_id = caller_agency()))
    THEN
        RAISE EXCEPTION 'only the agency that recorded a figure and a coordinator of the lead correct it, by one of the same measure'
            USING ERRCODE = '42501';
    END IF;
    -- Of two corrections at once the second waits here, then marks nothing and is refused by observation_successor.
    UPDATE observation SET superseded = true WHERE id = NEW.supersedes_id AND NOT superseded;
    RETURN NEW;
END
$$;

-- Who sees the local plan and the self-assessments, and how the plan's past is kept.

-- The plan is the partnership's: seen by everyone who reads initiatives for a partner.
CREATE FUNCTION set_partnership_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.acl := ARRAY[capability('partnership')];
    RETURN NEW;
END
$$;

-- A self-assessment is also its own agency's, should that be no partner.
CREATE FUNCTION set_self_assessment_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.acl := ARRAY[capability('partnership'), capability('agency', NEW.agency_id)];
    RETURN NEW;
END
$$;

-- Every change of a plan action leaves how it stands afterwards: no verb can forget to.
CREATE FUNCTION record_plan_update() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO plan_update (id, plan_action_id, action_version, owner_agency_id, rating, rating_reason, text,
                             by_id, by_agency_id, recorded_at)
    VALUES (gen_random_uuid(), NEW.id, NEW.version, NEW.owner_agency_id, NEW.rating, NEW.rating_reason,
            NEW.last_update, caller_principal(), caller_agency(), caller_now());
    RETURN NULL;
END
$$;

-- Reference data is changed by two: what somebody proposes, another person answers, as it was made. Once it is confirmed it
-- stays as it is, but for the columns that the trigger lists; once it is declined it stays so.
CREATE FUNCTION check_proposal() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    counted text[] := ARRAY['version', 'updated_at'];
    answer text[] := counted || ARRAY['state', 'answered_by_id', 'answered_at', 'answer_note', 'valid_from'];
    later text[] := counted || TG_ARGV;
    fair boolean;
BEGIN
    IF current_user = 'portal_owner' THEN
        RETURN NEW;  -- what every database starts with, sample data, and the end of what a later row replaces
    END IF;
    IF TG_OP = 'INSERT' THEN
        fair := caller_person() IS NOT NULL AND NEW.state = 'proposed' AND NEW.proposed_by_id = caller_principal();
    ELSIF OLD.state = 'proposed' THEN
        fair := NEW.answered_by_id = caller_principal() AND to_jsonb(NEW) - answer = to_jsonb(OLD) - answer
            AND CASE NEW.state
                -- A proposer who is not known could be the caller.
                WHEN 'confirmed' THEN NEW.valid_from = greatest(OLD.valid_from, caller_today())
                    AND caller_person() <> (SELECT m.person_id FROM membership m WHERE m.id = OLD.proposed_by_id)
                WHEN 'declined' THEN NEW.valid_from = OLD.valid_from AND caller_person() IS NOT NULL
            END;
    ELSE
        fair := OLD.state = 'confirmed' AND to_jsonb(NEW) - later = to_jsonb(OLD) - later;
    END IF;
    IF fair IS NOT TRUE THEN
        RAISE EXCEPTION 'one person proposes reference data, another answers, and then it stays' USING ERRCODE = '42501';
    END IF;
    RETURN NEW;
END
$$;

-- A confirmed version takes the place of those before it on its first day. Where the one before had plan actions, each
-- entry of the new one becomes one.
CREATE FUNCTION framework_version_begins() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Versions of one framework take turns: two could otherwise both be the last.
    PERFORM FROM framework f WHERE f.id = NEW.framework_id FOR NO KEY UPDATE;
    UPDATE framework_version v SET valid_to = NEW.valid_from - 1
    WHERE v.framework_id = NEW.framework_id AND v.id <> NEW.id AND v.state = 'confirmed'
      AND v.valid_from < NEW.valid_from AND (v.valid_to IS NULL OR v.valid_to >= NEW.valid_from);
    UPDATE framework_version v SET valid_to = later.day - 1
    FROM (SELECT min(n.valid_from) AS day FROM framework_version n
          WHERE n.framework_id = NEW.framework_id AND n.state = 'confirmed' AND n.valid_from > NEW.valid_from) later
    WHERE v.id = NEW.id AND later.day IS NOT NULL;
    INSERT INTO plan_action (id, entry_id, framework_version_id, number, updated_at, version, acl)
    SELECT gen_random_uuid(), e.id, NEW.id, e.position, caller_now(), 1, '{}' FROM framework_entry e
    WHERE e.framework_version_id = NEW.id AND EXISTS (
        SELECT FROM plan_action p JOIN framework_version v ON v.id = p.framework_version_id
        WHERE v.framework_id = NEW.framework_id);
    RETURN NULL;
END
$$;

-- A body ends and another takes over: its initiatives, its part in others', its teams, people and programs. What was
-- recorded under its name keeps that name, and the old agency's row tells who came after it.
CREATE FUNCTION succeed_agency(old uuid, successor uuid, day date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT caller_can('partnership:manage') OR caller_self() IS NULL THEN
        RAISE EXCEPTION 'only a partnership administrator lets one agency succeed another' USING ERRCODE = '42501';
    END IF;
    UPDATE agency SET ended_on = day, successor_id = successor WHERE id = old;
    -- Two councils each have a team called "Community safety": the one that arrives says where it comes from.
    UPDATE team t SET agency_id = successor, name = CASE
        WHEN EXISTS (SELECT FROM team s WHERE s.agency_id = successor AND s.name = t.name)
        THEN left(t.name, 47) || ' (' || o.short_name || ')' ELSE t.name END
    FROM agency o WHERE o.id = old AND t.agency_id = old;
    UPDATE membership SET agency_id = successor WHERE agency_id = old;
    UPDATE client SET agency_id = successor WHERE agency_id = old;
    UPDATE agency SET host_id = successor WHERE host_id = old;
    -- Where the successor takes part already, the old body has left; elsewhere the successor steps into its place.
    UPDATE partner p SET state = 'left', ended_reason = 'Succeeded by another agency', answered_at = caller_now()
    WHERE p.agency_id = old AND p.state IN ('invited', 'offered', 'committed') AND (
        EXISTS (SELECT FROM partner q WHERE q.initiative_id = p.initiative_id AND q.agency_id = successor
                AND q.state IN ('invited', 'committed'))
        OR EXISTS (SELECT FROM initiative i WHERE i.id = p.initiative_id AND i.lead_agency_id = successor));
    -- A row of the successor's own from before, declined or left, takes up where the old body stood.
    UPDATE partner q SET state = p.state, parts = p.parts, note = p.note, ended_reason = NULL,
                         asked_at = p.asked_at, answered_at = p.answered_at
    FROM partner p
    WHERE p.agency_id = old AND p.state IN ('invited', 'offered', 'committed')
      AND q.initiative_id = p.initiative_id AND q.agency_id = successor;
    UPDATE partner p SET state = 'left', ended_reason = 'Succeeded by another agency', answered_at = caller_now()
    WHERE p.agency_id = old AND p.state IN ('invited', 'offered', 'committed')
      AND EXISTS (SELECT FROM partner q WHERE q.initiative_id = p.initiative_id AND q.agency_id = successor);
    UPDATE partner SET agency_id = successor
    WHERE agency_id = old AND state IN ('invited', 'offered', 'committed');
    -- A lead is no partner of its own: the successor leaves the partners before it becomes the lead.
    UPDATE partner p SET state = 'left', ended_reason = 'Leads the initiative now', answered_at = caller_now()
    FROM initiative i
    WHERE i.id = p.initiative_id AND i.lead_agency_id = old AND p.agency_id = successor
      AND p.state IN ('invited', 'offered', 'committed');
    UPDATE initiative SET lead_agency_id = successor WHERE lead_agency_id = old;
    UPDATE plan_action SET owner_agency_id = successor WHERE owner_agency_id = old;
    -- It looks after the agreements; a party it becomes by its own signature.
    UPDATE agreement SET lead_agency_id = successor WHERE lead_agency_id = old;
    PERFORM succeed_cases(old, successor);
END
$$;

-- A comment stands as it was written; withdrawing it takes the text out of sight.

CREATE FUNCTION comment_stands() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.initiative_id, NEW.author_id, NEW.audience) IS DISTINCT FROM (OLD.initiative_id, OLD.author_id, OLD.audience)
        OR NEW.text IS NOT NULL AND NEW.text IS DISTINCT FROM OLD.text THEN
        RAISE EXCEPTION 'a comment is withdrawn, never rewritten' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END
$$;

-- What was withdrawn stays on record for those who wrote it, and is no longer read by the others.
CREATE FUNCTION keep_withdrawn_comment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE history SET within_agency_id = NEW.agency_id
    WHERE initiative_id = NEW.initiative_id AND object_type = 'Comment' AND object_id = NEW.id;
    RETURN NULL;
END
$$;

-- How much somebody leaves undone: administrators see no work, and must know that there is some to hand over.
CREATE FUNCTION work_left_by(member uuid) RETURNS int LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(*)::int FROM action a JOIN membership m ON m.id = a.allocated_to_id
    WHERE m.id = member AND manages(m.agency_id) AND a.state IN ('open', 'in_progress')
$$;

-- The gate: which agreement lets one agency give another which data for which purpose, at a moment. These functions
-- run with the rights of whoever calls them: a definer function sees every agreement, a request those of its agency.

-- The version that counts on the day: the latest that all have signed and whose first day has come.
CREATE FUNCTION agreement_version_now(wanted uuid, moment timestamptz) RETURNS uuid
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
BEGIN
    RETURN (SELECT v.id FROM agreement_version v
            WHERE v.agreement_id = wanted AND v.signed_at IS NOT NULL AND v.starts_on <= today
            ORDER BY v.number DESC LIMIT 1);
END
$$;

-- Review and end are days that pass, so no sweep has to be on time. The end is the end of that day in London.
CREATE FUNCTION agreement_state(wanted uuid, moment timestamptz) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
    counts uuid := agreement_version_now(wanted, moment);
BEGIN
    RETURN (
        SELECT CASE
            WHEN a.withdrawn_at IS NOT NULL THEN 'withdrawn'
            WHEN v.ends_on < today THEN 'expired'
            WHEN a.suspended_at IS NOT NULL THEN 'suspended'
            WHEN v.review_on <= today THEN 'due_review'
            WHEN v.id IS NOT NULL THEN 'in_force'
            WHEN a.sent_at IS NOT NULL THEN 'out_for_signature'
            ELSE 'draft' END
        FROM agreement a LEFT JOIN agreement_version v ON v.id = counts WHERE a.id = wanted);
END
$$;

-- Parties in standing: they have joined, have signed the version that counts, and are neither suspended nor gone.
CREATE FUNCTION agreement_standing(wanted uuid, moment timestamptz)
RETURNS TABLE (party_id uuid, agency_id uuid, direction text, acts_for_id uuid, version_id uuid)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    counts uuid := agreement_version_now(wanted, moment);
BEGIN
    RETURN QUERY
    SELECT p.id, p.agency_id, p.direction::text, p.acts_for_id, s.agreement_version_id
    FROM agreement_party p JOIN agreement_signature s ON s.agreement_version_id = counts AND s.party_id = p.id
    WHERE p.agreement_id = wanted AND p.joined_at IS NOT NULL AND p.left_at IS NULL AND p.suspended_at IS NULL;
END
$$;

-- The legal powers as they hold on a day: of each the latest confirmed row that has begun, unless its last day is over.
CREATE FUNCTION gateways_on(day date)
RETURNS TABLE (key text, sender_kinds text[], receiver_kinds text[], purposes text[], confirmed boolean)
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT g.key, g.sender_kinds, g.receiver_kinds, g.purposes, g.confirmed FROM (
        SELECT DISTINCT ON (w.key) w.* FROM gateway w WHERE w.state = 'confirmed' AND w.valid_from <= day
        ORDER BY w.key, w.valid_from DESC) g
    WHERE g.valid_to IS NULL OR g.valid_to >= day
$$;

-- What an agreement has for this sharing and what it lacks; nothing lacking is permission. A body takes part by its own
-- kind, and by that of the authority for which it acts, while that one is in standing itself.
CREATE FUNCTION agreement_answer(
    wanted uuid, sender uuid, receiver uuid, purpose text, categories text[], moment timestamptz,
    OUT version_id uuid, OUT state text, OUT gateway text, OUT gateway_confirmed boolean, OUT lacks text[]
) LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
    v agreement_version;
    gives text;
    receives text;
    sends_as text[];
    receives_as text[];
BEGIN
    version_id := agreement_version_now(wanted, moment);
    state := agreement_state(wanted, moment);
    SELECT * INTO v FROM agreement_version w WHERE w.id = version_id;
    WITH stands AS MATERIALIZED (SELECT * FROM agreement_standing(wanted, moment)),
    kind AS (
        SELECT s.agency_id, array_agg(a.kind::text) AS kinds FROM stands s
        JOIN agency a ON a.id = s.agency_id OR a.id = s.acts_for_id AND a.id IN (SELECT o.agency_id FROM stands o)
        WHERE s.agency_id IN (sender, receiver) GROUP BY s.agency_id
    )
    SELECT (SELECT s.direction FROM stands s WHERE s.agency_id = sender),
           (SELECT s.direction FROM stands s WHERE s.agency_id = receiver),
           (SELECT k.kinds FROM kind k WHERE k.agency_id = sender),
           (SELECT k.kinds FROM kind k WHERE k.agency_id = receiver)
    INTO gives, receives, sends_as, receives_as;
    SELECT g.key, g.confirmed INTO gateway, gateway_confirmed FROM gateways_on(today) g
    WHERE g.key = ANY (v.gateways) AND agreement_answer.purpose = ANY (g.purposes)
      AND g.sender_kinds && sends_as AND g.receiver_kinds && receives_as
    ORDER BY g.confirmed DESC, array_position(v.gateways, g.key) LIMIT 1;
    lacks := array_remove(ARRAY[
        CASE WHEN state NOT IN ('in_force', 'due_review') THEN 'not_in_force' END,
        CASE WHEN gives IS NULL THEN 'sender_no_party' WHEN gives = 'receives' THEN 'sender_does_not_give' END,
        CASE WHEN receives IS NULL THEN 'receiver_no_party' WHEN receives = 'gives' THEN 'receiver_does_not_receive' END,
        CASE WHEN NOT coalesce(agreement_answer.purpose = ANY (v.purposes), false) THEN 'purpose' END,
        CASE WHEN NOT coalesce(agreement_answer.categories <@ v.categories, false) THEN 'categories' END,
        CASE WHEN v.ceiling = 'official' THEN 'ceiling' END,
        CASE WHEN gateway IS NULL THEN 'gateway' END], NULL);
END
$$;

-- The agreement that permits it now, or no row. Of several, one whose gateway is confirmed, and lasts longest.
CREATE FUNCTION agreement_for(sender uuid, receiver uuid, purpose text, categories text[], moment timestamptz)
RETURNS TABLE (agreement_id uuid, version_id uuid, reference text, gateway text, gateway_confirmed boolean, ends_on date)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 1
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF sender = receiver THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT a.id, v.id, a.reference::text, told.gateway, told.gateway_confirmed, v.ends_on
    FROM agreement a
    CROSS JOIN LATERAL agreement_answer(a.id, sender, receiver, agreement_for.purpose, agreement_for.categories,
                                        moment) told
    JOIN agreement_version v ON v.id = told.version_id
    WHERE a.id IN (SELECT p.agreement_id FROM agreement_party p WHERE p.agency_id = sender
                   INTERSECT SELECT p.agreement_id FROM agreement_party p WHERE p.agency_id = receiver)
      AND a.withdrawn_at IS NULL AND a.suspended_at IS NULL AND told.lacks = '{}'
    ORDER BY told.gateway_confirmed DESC, v.ends_on DESC, a.id LIMIT 1;
END
$$;

-- Agreements that come near, and what each lacks: what it does not have of the sharing, and which categories.
CREATE FUNCTION agreement_near(sender uuid, receiver uuid, purpose text, categories text[], moment timestamptz)
RETURNS TABLE (agreement_id uuid, reference text, title text, state text, gateway text, lacks text[],
               lacking_categories text[])
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 5
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF sender = receiver THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT a.id, a.reference::text, a.title::text, told.state, told.gateway, told.lacks,
           ARRAY(SELECT c FROM unnest(agreement_near.categories) c WHERE c <> ALL (coalesce(v.categories, '{}')))
    FROM agreement a
    CROSS JOIN LATERAL agreement_answer(a.id, sender, receiver, agreement_near.purpose, agreement_near.categories,
                                        moment) told
    LEFT JOIN agreement_version v ON v.id = told.version_id
    WHERE a.id IN (SELECT p.agreement_id FROM agreement_party p WHERE p.agency_id IN (sender, receiver))
    ORDER BY cardinality(told.lacks), a.created_at DESC, a.id LIMIT 20;
END
$$;

-- Agreements in which an agency may receive now, by the version that counts, also while they run off. Asked at every
-- request: one statement over the agency's own parts, whose plan is kept.
CREATE FUNCTION agreement_receiving(agency uuid, moment timestamptz)
RETURNS TABLE (agreement_id uuid, version_id uuid, categories text[], running_off boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
BEGIN
    RETURN QUERY
    SELECT a.id, v.id, v.categories, v.ends_on < today
    FROM agreement_party p
    JOIN agreement a ON a.id = p.agreement_id AND a.withdrawn_at IS NULL AND a.suspended_at IS NULL
    CROSS JOIN LATERAL (
        SELECT w.id, w.categories, w.ends_on, w.run_off_days, w.ceiling FROM agreement_version w
        WHERE w.agreement_id = a.id AND w.signed_at IS NOT NULL AND w.starts_on <= today
        ORDER BY w.number DESC LIMIT 1) v
    WHERE p.agency_id = agreement_receiving.agency AND p.direction IN ('receives', 'both')
      AND p.joined_at IS NOT NULL AND p.left_at IS NULL AND p.suspended_at IS NULL
      AND v.ends_on + coalesce(v.run_off_days, 0) >= today
      AND v.ceiling <> 'official'  -- every case is marked higher
      AND EXISTS (SELECT FROM agreement_signature s WHERE s.agreement_version_id = v.id AND s.party_id = p.id);
END
$$;

-- The same with what is received: after the end of one with a run-off clause safe contact, actions and clocks, for the
-- days that the clause gives.
CREATE FUNCTION agreement_gates(agency uuid, moment timestamptz)
RETURNS TABLE (agreement_id uuid, categories text[], running_off boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT r.agreement_id, CASE WHEN NOT r.running_off THEN r.categories
               ELSE ARRAY(SELECT c FROM unnest(r.categories) c WHERE c IN ('safe_contact', 'actions', 'clocks')) END,
           r.running_off
    FROM agreement_receiving(agreement_gates.agency, moment) r;
END
$$;

-- By which ways an agency may have cases now: from which party in standing, under which agreement, by which of its powers.
-- What came by another way is closed meanwhile. The last three say how it would be without a party of an agreement, or by
-- another version of it, as if all had signed that.
CREATE FUNCTION agreement_ways(agency uuid, moment timestamptz, agreement uuid, without uuid, version uuid)
RETURNS TABLE (agreement_id uuid, from_agency_id uuid, gateway text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH counts AS MATERIALIZED (
        SELECT r.agreement_id,
               CASE WHEN r.agreement_id = agreement_ways.agreement THEN coalesce(agreement_ways.version, r.version_id) ELSE r.version_id END AS version_id
        FROM agreement_receiving(agreement_ways.agency, moment) r
    ), stands AS MATERIALIZED (
        SELECT p.agreement_id, p.agency_id, p.direction::text, p.acts_for_id, c.version_id
        FROM counts c JOIN agreement_party p ON p.agreement_id = c.agreement_id
        WHERE p.joined_at IS NOT NULL AND p.left_at IS NULL AND p.suspended_at IS NULL
          AND (p.agreement_id, p.agency_id) IS DISTINCT FROM (agreement_ways.agreement, without)
          AND (c.version_id = agreement_ways.version OR EXISTS (
              SELECT FROM agreement_signature s WHERE s.agreement_version_id = c.version_id AND s.party_id = p.id))
    ), acts AS (
        SELECT s.*, s.agency_id AS acts_as FROM stands s
        UNION ALL
        SELECT s.*, o.agency_id FROM stands s JOIN stands o ON o.agreement_id = s.agreement_id AND o.agency_id = s.acts_for_id
    ), kind AS MATERIALIZED (
        SELECT s.agreement_id, s.agency_id, s.direction, s.version_id, array_agg(a.kind::text) AS kinds
        FROM acts s JOIN agency a ON a.id = s.acts_as GROUP BY 1, 2, 3, 4
    )
    SELECT gives.agreement_id, gives.agency_id, g.key
    FROM kind takes JOIN kind gives ON gives.agreement_id = takes.agreement_id AND gives.agency_id <> takes.agency_id
    JOIN agreement_version v ON v.id = takes.version_id
    JOIN gateways_on((moment AT TIME ZONE 'Europe/London')::date) g
        ON g.key = ANY (v.gateways) AND g.sender_kinds && gives.kinds AND g.receiver_kinds && takes.kinds
    WHERE takes.agency_id = agreement_ways.agency AND gives.direction IN ('gives', 'both');
END
$$;

-- Who sees an agreement, and what follows from what people say of it.

-- Whoever leads it and whoever is or was a party; an agency that was only named and let go again is neither.
CREATE FUNCTION agreement_keys(wanted uuid, lead uuid) RETURNS int[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT array_agg(c.id ORDER BY c.id) FROM capability c
    WHERE c.kind = 'agency' AND (c.agency_id = lead OR c.agency_id IN (
        SELECT p.agency_id FROM agreement_party p
        WHERE p.agreement_id = wanted AND (p.left_at IS NULL OR p.joined_at IS NOT NULL)))
$$;

CREATE FUNCTION set_agreement_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.acl := agreement_keys(NEW.id, NEW.lead_agency_id);
    RETURN NEW;
END
$$;

-- The agreement's keys, and its lock: whatever hangs on it is written by one transaction at a time. An unknown or
-- hidden agreement gives no key, so that the policy refuses both alike.
CREATE FUNCTION agreement_child_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT acl INTO NEW.acl FROM agreement WHERE id = NEW.agreement_id FOR NO KEY UPDATE;
    ELSE
        SELECT acl INTO NEW.acl FROM agreement WHERE id = NEW.agreement_id;
    END IF;
    NEW.acl := coalesce(NEW.acl, '{}');
    RETURN NEW;
END
$$;

-- What a verb calls before it looks whether a move is possible; of a hidden agreement it does nothing.
CREATE FUNCTION hold_agreement(wanted uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM agreement WHERE id = wanted AND acl && caller_keys() FOR NO KEY UPDATE;
END
$$;

CREATE FUNCTION agreement_parties_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE agreement SET acl = acl WHERE id = NEW.agreement_id;
    RETURN NULL;
END
$$;

-- New keys reach what hangs on the agreement, and the history of all of it.
CREATE FUNCTION spread_agreement_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY '{agreement_version,agreement_party,agreement_advice,agreement_signature,agreement_event}'::text[]
    LOOP
        EXECUTE format('UPDATE %I SET acl = $1 WHERE agreement_id = $2', child) USING NEW.acl, NEW.id;
    END LOOP;
    UPDATE history SET acl = NEW.acl WHERE initiative_id IS NULL AND object_id IN (
        SELECT NEW.id UNION ALL SELECT v.id FROM agreement_version v WHERE v.agreement_id = NEW.id
        UNION ALL SELECT p.id FROM agreement_party p WHERE p.agreement_id = NEW.id);
    RETURN NULL;
END
$$;

CREATE FUNCTION note_agreement_event(
    agreement uuid, version uuid, party uuid, what text
) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    INSERT INTO agreement_event (id, agreement_id, agreement_version_id, party_id, move, by_id, by_agency_id, at, acl)
    VALUES (gen_random_uuid(), agreement, version, party, what, caller_principal(), caller_agency(), caller_now(), '{}')
$$;

-- Whether a party that accedes has the consents that the version in force asks for. Whoever named it has consented.
CREATE FUNCTION accession_agreed(party uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH said AS (
        SELECT e.by_agency_id FROM agreement_event e
        WHERE e.party_id = accession_agreed.party AND e.move IN ('party_named', 'consented')
    )
    SELECT CASE v.accession
        WHEN 'closed' THEN false
        WHEN 'lead' THEN a.lead_agency_id IN (SELECT said.by_agency_id FROM said)
        ELSE NOT EXISTS (
            SELECT FROM agreement_standing(p.agreement_id, caller_now()) s
            WHERE s.agency_id <> p.agency_id AND s.agency_id NOT IN (SELECT said.by_agency_id FROM said)) END
    FROM agreement_party p JOIN agreement a ON a.id = p.agreement_id
    JOIN agreement_version v ON v.id = agreement_version_now(p.agreement_id, caller_now())
    WHERE p.id = accession_agreed.party
$$;

-- Who has joined by now: parties that the version names when all that must have signed it; one that accedes when it
-- has signed, and whoever is to be asked has agreed.
CREATE FUNCTION settle_agreement(wanted uuid, signed_version uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    joins record;
    -- Before its first day, the version that is to count then.
    counts uuid := coalesce(signed_version, agreement_version_now(wanted, caller_now()));
BEGIN
    UPDATE agreement_version v SET signed_at = caller_now()
    WHERE v.id = counts AND v.signed_at IS NULL AND v.sent_at IS NOT NULL AND v.dropped_at IS NULL AND NOT EXISTS (
        SELECT FROM agreement_party p
        WHERE p.agreement_id = wanted AND p.required AND p.since_number <= v.number AND p.left_at IS NULL
          AND p.suspended_at IS NULL AND NOT EXISTS (
            SELECT FROM agreement_signature s WHERE s.agreement_version_id = v.id AND s.party_id = p.id));
    IF FOUND THEN
        PERFORM note_agreement_event(wanted, counts, NULL, 'agreed');
    END IF;
    FOR joins IN
        SELECT p.id FROM agreement_party p
        JOIN agreement_signature s ON s.party_id = p.id AND s.agreement_version_id = counts
        JOIN agreement_version v ON v.id = counts
        WHERE p.agreement_id = wanted AND p.joined_at IS NULL AND p.left_at IS NULL AND v.signed_at IS NOT NULL
          AND p.since_number <= v.number AND (NOT p.accedes OR accession_agreed(p.id))
    LOOP
        UPDATE agreement_party SET joined_at = caller_now() WHERE id = joins.id;
        PERFORM note_agreement_event(wanted, counts, joins.id, 'joined');
    END LOOP;
END
$$;

-- A signature is an event, and may be the last that was missing.
CREATE FUNCTION agreement_signed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF caller_principal() IS NULL THEN
        RETURN NULL;  -- sample data, which says itself how things stand
    END IF;
    PERFORM note_agreement_event(NEW.agreement_id, NEW.agreement_version_id, NEW.party_id, 'signed');
    PERFORM settle_agreement(NEW.agreement_id, NEW.agreement_version_id);
    RETURN NULL;
END
$$;

CREATE FUNCTION agreement_advised() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF caller_principal() IS NULL THEN
        RETURN NULL;  -- sample data, which says itself how things stand
    END IF;
    PERFORM note_agreement_event(NEW.agreement_id, NEW.agreement_version_id, NEW.party_id, 'advised');
    RETURN NULL;
END
$$;

-- Events of one agreement have an order, also those that one request brings about.
CREATE FUNCTION order_agreement_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF caller_principal() IS NOT NULL THEN
        SELECT greatest(NEW.at, a.last_event_at + interval '1 microsecond') INTO NEW.at
        FROM agreement a WHERE a.id = NEW.agreement_id;
    END IF;
    RETURN NEW;
END
$$;

-- Where an agreement and its parties stand is what its events have made of them; nothing else moves them.
CREATE FUNCTION apply_agreement_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    open_version uuid := (SELECT v.id FROM agreement_version v WHERE v.agreement_id = NEW.agreement_id
                          AND v.sent_at IS NOT NULL AND v.signed_at IS NULL AND v.dropped_at IS NULL);
BEGIN
    IF caller_principal() IS NULL THEN
        RETURN NULL;  -- sample data, which says itself how things stand
    END IF;
    CASE NEW.move
        WHEN 'sent' THEN
            UPDATE agreement_version SET sent_at = NEW.at WHERE id = NEW.agreement_version_id AND sent_at IS NULL;
            UPDATE agreement SET sent_at = coalesce(sent_at, NEW.at) WHERE id = NEW.agreement_id;
        WHEN 'dropped' THEN
            UPDATE agreement_version SET dropped_at = NEW.at WHERE id = NEW.agreement_version_id AND signed_at IS NULL;
        WHEN 'consented' THEN
            PERFORM settle_agreement(NEW.agreement_id, NULL);
        WHEN 'party_suspended' THEN
            UPDATE agreement_party SET suspended_at = NEW.at, suspended_by_agency_id = NEW.by_agency_id
            WHERE id = NEW.party_id AND suspended_at IS NULL AND left_at IS NULL;
        WHEN 'party_resumed' THEN
            UPDATE agreement_party SET suspended_at = NULL, suspended_by_agency_id = NULL WHERE id = NEW.party_id;
        WHEN 'party_left' THEN
            UPDATE agreement_party SET left_at = NEW.at WHERE id = NEW.party_id AND left_at IS NULL;
            IF open_version IS NOT NULL THEN  -- nobody waits for the signature of who has gone
                PERFORM settle_agreement(NEW.agreement_id, open_version);
            END IF;
        WHEN 'suspended' THEN
            UPDATE agreement SET suspended_at = NEW.at WHERE id = NEW.agreement_id AND suspended_at IS NULL;
        WHEN 'resumed' THEN
            UPDATE agreement SET suspended_at = NULL WHERE id = NEW.agreement_id;
        WHEN 'withdrawn' THEN
            UPDATE agreement SET withdrawn_at = NEW.at WHERE id = NEW.agreement_id AND withdrawn_at IS NULL;
        ELSE NULL;
    END CASE;
    -- Whoever follows the agreement learns of each event by its version.
    UPDATE agreement SET last_event_at = NEW.at WHERE id = NEW.agreement_id;
    RETURN NULL;
END
$$;

-- Who hears at once that an agreement has moved, written with the event that moves it: what is asked of an agency goes to who
-- advises and signs there, how things stand to who looks after data protection there and to its points of contact. A notice
-- names the agreement's number, agencies and a day; why it was done is read in the portal.

-- Tell those in an agency who hold one of these roles today; where nobody does, whoever answers for the agency.
CREATE FUNCTION tell_agency_of_agreement(
    agency uuid, wanted text[], deal uuid, about text, words text, beside uuid, today date
) RETURNS void LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH those AS (SELECT DISTINCT p FROM unnest(wanted) r, people_as(agency, r, today) p),
    told AS (
        SELECT p FROM those
        UNION ALL SELECT a FROM who_answers(agency, today) a WHERE NOT EXISTS (SELECT FROM those)
    )
    INSERT INTO notice (id, person_id, at, kind, says, agreement_id)
    SELECT gen_random_uuid(), p, clock_timestamp(), about, left(words, 400), deal
    FROM told WHERE p IS DISTINCT FROM beside
$$;

-- The agencies that an agreement concerns: who leads it, those who have joined and not left, and those who were asked to.
CREATE FUNCTION agreement_concerns(deal uuid) RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT a.lead_agency_id FROM agreement a WHERE a.id = deal
    UNION
    SELECT p.agency_id FROM agreement_party p
    WHERE p.agreement_id = deal AND p.left_at IS NULL AND (p.joined_at IS NOT NULL OR EXISTS (
        SELECT FROM agreement_version v WHERE v.agreement_id = deal AND v.number = p.since_number
          AND v.sent_at IS NOT NULL AND v.dropped_at IS NULL))
$$;

-- What the parties in standing are told of an event; NULL where they need not hear.
CREATE FUNCTION agreement_news(it agreement, e agreement_event, v agreement_version, p agreement_party, by_whom text, whose text)
RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE
        WHEN e.move = 'agreed' AND v.starts_on <= caller_today() THEN
            format('Agreement %s, version %s: all have signed it, and it is in force.', it.reference, v.number)
        WHEN e.move = 'agreed' THEN
            format('Agreement %s, version %s: all have signed it: it is in force from %s on.', it.reference, v.number,
                   to_char(v.starts_on, 'FMDD FMMonth YYYY'))
        WHEN it.sent_at IS NULL THEN NULL  -- a draft binds nobody
        WHEN e.move = 'suspended' THEN
            format('Agreement %s was suspended by %s: nothing is shared under it.', it.reference, by_whom)
        WHEN e.move = 'resumed' THEN format('Agreement %s goes on: %s has lifted its suspension.', it.reference, by_whom)
        WHEN e.move = 'withdrawn' THEN
            format('Agreement %s was withdrawn by %s: nothing is shared under it any more.', it.reference, by_whom)
        WHEN e.move = 'joined' AND (p.accedes OR p.since_number > 1) THEN
            format('%s has joined agreement %s.', whose, it.reference)
        WHEN e.move = 'party_suspended' THEN
            format('%s''s part in agreement %s was suspended by %s.', whose, it.reference, by_whom)
        WHEN e.move = 'party_resumed' THEN format('%s takes part again in agreement %s.', whose, it.reference)
        WHEN e.move = 'party_left' AND p.joined_at IS NOT NULL THEN
            format('%s has left agreement %s.', whose, it.reference)
    END
$$;

CREATE FUNCTION tell_of_agreement_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    it agreement;
    v agreement_version;
    p agreement_party;
    today date := caller_today();
    me uuid := caller_person();
    signs text[] := '{data_protection_lead,authorised_signatory}';
    by_whom text := (SELECT a.short_name FROM agency a WHERE a.id = NEW.by_agency_id);
    whose text;
    news text;
BEGIN
    IF caller_principal() IS NULL THEN
        RETURN NULL;  -- sample data
    END IF;
    SELECT * INTO it FROM agreement a WHERE a.id = NEW.agreement_id;
    SELECT * INTO v FROM agreement_version w WHERE w.id = NEW.agreement_version_id;
    SELECT * INTO p FROM agreement_party q WHERE q.id = NEW.party_id;
    whose := (SELECT a.short_name FROM agency a WHERE a.id = p.agency_id);
    IF NEW.move = 'sent' OR NEW.move = 'dropped' AND v.sent_at IS NOT NULL THEN
        PERFORM tell_agency_of_agreement(
            q.agency_id, signs, it.id, CASE NEW.move WHEN 'sent' THEN 'agreement_asked' ELSE 'agreement_moved' END,
            format(CASE NEW.move WHEN 'sent' THEN 'Agreement %s, version %s, waits for your agency''s advice and signature.'
                ELSE 'Agreement %s, version %s, was given up: nobody signs it.' END, it.reference, v.number), me, today)
        FROM agreement_party q WHERE q.agreement_id = it.id AND q.left_at IS NULL AND q.since_number <= v.number;
    ELSIF NEW.move = 'advised' THEN
        PERFORM tell_agency_of_agreement(p.agency_id, '{authorised_signatory}', it.id, 'agreement_asked', format(
            'Your data protection lead''s advice on agreement %s is there: it waits for your signature.', it.reference), me, today);
    ELSIF NEW.move = 'party_named' AND p.accedes THEN
        PERFORM tell_agency_of_agreement(p.agency_id, signs, it.id, 'agreement_asked', format(
            'Your agency is to join agreement %s: it waits for your advice and signature.', it.reference), me, today);
        PERFORM tell_agency_of_agreement(s.agency_id, '{authorised_signatory}', it.id, 'agreement_asked', format(
            'Your agency is asked to agree that %s joins agreement %s.', whose, it.reference), me, today)
        FROM agreement_standing(it.id, caller_now()) s
        JOIN agreement_version w ON w.id = s.version_id AND w.accession = 'all_parties'
        WHERE s.agency_id NOT IN (NEW.by_agency_id, p.agency_id);
    ELSIF NEW.move = 'party_left' AND p.joined_at IS NULL AND p.accedes THEN
        PERFORM tell_agency_of_agreement(p.agency_id, signs, it.id, 'agreement_moved', format(
            'Your agency is asked no more to join agreement %s.', it.reference), me, today);
    END IF;
    news := agreement_news(it, NEW, v, p, by_whom, whose);
    IF news IS NOT NULL THEN
        PERFORM tell_agency_of_agreement(
            concerned, '{data_protection_lead,agency_spoc}', it.id, 'agreement_moved', news, me, today)
        FROM (SELECT agreement_concerns(it.id) UNION SELECT p.agency_id WHERE p.id IS NOT NULL) told (concerned);
    END IF;
    RETURN NULL;
END
$$;

-- Why the caller sees a row, from the keys: which of its keys they hold, and what they lack for more; and of rows that have
-- none, which ways of their row rule are met. Nothing is named but what the caller's own agency is: itself, its teams, the
-- agreements by which it is given something.

CREATE FUNCTION access_rules(acl int[], category text, ways text[]) RETURNS TABLE (key int, kind text, label text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT c.id,
           CASE WHEN c.kind = 'public' THEN 'everyone' WHEN c.kind = 'partnership' THEN 'partnership'
                WHEN a.id IS NOT NULL THEN 'agreement' WHEN c.gate_id IS NOT NULL THEN 'emergency'
                WHEN c.team_id IS NOT NULL THEN 'team' ELSE 'agency' END,
           CASE WHEN c.kind = 'public' THEN 'everyone who is signed in' WHEN c.kind = 'partnership' THEN 'the partnership'
                WHEN a.id IS NOT NULL THEN a.reference || ' ' || a.title
                WHEN c.gate_id IS NOT NULL THEN 'an emergency disclosure to ' || coalesce(t.name, g.name)
                ELSE coalesce(t.name, g.name) END
    FROM capability c LEFT JOIN agency g ON g.id = c.agency_id LEFT JOIN team t ON t.id = c.team_id
    LEFT JOIN agreement a ON a.id = c.gate_id
    WHERE c.id = ANY (access_rules.acl) AND c.id = ANY (caller_keys(access_rules.category))
    UNION ALL
    SELECT NULL, split_part(way, ' ', 1),
           CASE split_part(way, ' ', 1) WHEN 'everyone' THEN 'everyone who is signed in' WHEN 'person' THEN 'you'
                WHEN 'agency' THEN (SELECT g.name FROM agency g WHERE g.id = caller_agency())
                ELSE split_part(way, ' ', 2) END
    FROM unnest(access_rules.ways) way
$$;

-- Of a case: whether the caller may open its full view, and all kinds of data in it. What has no full view is seen in full.
CREATE FUNCTION access_decision(full_acl int[], categories text[]) RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN full_acl IS NULL THEN 'full'
                WHEN NOT full_acl && caller_keys() THEN 'summary'
                WHEN EXISTS (SELECT FROM unnest(categories) c WHERE NOT full_acl && caller_keys(c)) THEN 'partly'
                ELSE 'full' END
$$;

-- What would have to be added for all of it: the power to open cases, a role that the agreement permits, and the kinds
-- of data that no agreement covers by which the caller has this one.
CREATE FUNCTION access_missing(acl int[], full_acl int[], categories text[])
RETURNS TABLE (kind text, label text, granted_by text)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH way AS MATERIALIZED (
        SELECT DISTINCT a.id, a.reference, c.gate_id, g.categories AS covers, v.permitted_roles AS permitted
        FROM capability c LEFT JOIN agreement a ON a.id = c.gate_id
        LEFT JOIN agreement_gates(caller_agency(), caller_now()) g ON g.agreement_id = c.gate_id
        LEFT JOIN agreement_version v ON v.id = agreement_version_now(c.gate_id, caller_now())
        WHERE full_acl IS NOT NULL AND c.id = ANY (access_missing.acl) AND c.id = ANY (caller_keys())
    )
    SELECT 'power', 'referrals:read', 'your agency''s administrators, two of them'
    WHERE NOT full_acl && caller_keys() AND NOT caller_can('referrals:read')
    UNION ALL
    SELECT DISTINCT 'role', array_to_string(w.permitted, ' or '), 'your agency''s administrators, two of them'
    FROM way w
    WHERE NOT full_acl && caller_keys()
      AND NOT w.permitted && acting_roles(caller_principal(), caller_today())
    UNION ALL
    SELECT 'category', one, 'the parties of ' || (SELECT string_agg(w.reference, ', ' ORDER BY w.reference) FROM way w)
    FROM unnest(access_missing.categories) one
    WHERE access_decision(full_acl, access_missing.categories) <> 'full'  -- before the agreements are looked at
      AND EXISTS (SELECT FROM way)
      AND NOT EXISTS (SELECT FROM way w WHERE w.id IS NULL OR one = ANY (w.covers))
$$;

-- Which of the caller's powers are about such records, or named by their row rule.
CREATE FUNCTION access_powers(about text, named text[]) RETURNS text[] LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(SELECT held FROM unnest(string_to_array((caller_context())[7], ',')) held
                 WHERE split_part(held, ':', 1) = about OR held = ANY (named) ORDER BY held)
$$;

-- The outbox: a notice is posted in the transaction that writes it, and a worker takes what waits, under a lease.
-- Real time throughout: mail servers know nothing of a demonstration's fixed day.

-- When a message of this person goes: at once, or at the next seven in the morning in London.
CREATE FUNCTION next_post(mode text) RETURNS timestamptz LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN mode = 'daily' THEN (
        (clock_timestamp() AT TIME ZONE 'Europe/London' + interval '17 hours')::date + time '07:00'
    ) AT TIME ZONE 'Europe/London' ELSE clock_timestamp() END
$$;

-- Half an hour to read one's mail, and only the newest code.
CREATE FUNCTION holds(it mail_code) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT it.asked_at > clock_timestamp() - interval '30 minutes'
       AND NOT EXISTS (SELECT FROM mail_code c WHERE c.person_id = it.person_id AND c.asked_at > it.asked_at)
$$;

-- How often, and perhaps where: to an address that is new a code goes first. False: five codes in an hour are enough,
-- or anybody could fill others' mailboxes with them.
CREATE FUNCTION set_mail(mode text, address text, code text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    me uuid := caller_self();
    post uuid := gen_random_uuid();
BEGIN
    IF me IS NULL THEN
        RAISE EXCEPTION 'where people hear by e-mail is their own matter' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM FROM person p WHERE p.id = me FOR NO KEY UPDATE;
    INSERT INTO mail_preference (id, person_id, mode) VALUES (gen_random_uuid(), me, set_mail.mode)
    ON CONFLICT (person_id) DO UPDATE SET mode = excluded.mode;
    UPDATE outbox_message m SET next_try_at = next_post(set_mail.mode)
    WHERE m.person_id = me AND m.state = 'waiting' AND m.lease IS NULL AND m.attempts = 0
      AND NOT EXISTS (SELECT FROM mail_code c WHERE c.message_id = m.id);
    IF address IS NULL OR EXISTS (
        SELECT FROM mail_preference p WHERE p.person_id = me AND p.address = set_mail.address) THEN
        RETURN true;
    END IF;
    DELETE FROM mail_code c WHERE c.person_id = me AND c.asked_at < clock_timestamp() - interval '1 hour';
    IF (SELECT count(*) FROM mail_code c WHERE c.person_id = me) >= 5 THEN
        RETURN false;
    END IF;
    INSERT INTO outbox_message (id, person_id, state, written_at, next_try_at, attempts, refusals)
    VALUES (post, me, 'waiting', clock_timestamp(), clock_timestamp(), 0, 0);
    INSERT INTO mail_code (id, person_id, message_id, address, code, asked_at)
    VALUES (gen_random_uuid(), me, post, set_mail.address, set_mail.code, clock_timestamp());
    UPDATE mail_preference p SET asked_address = set_mail.address WHERE p.person_id = me;
    RETURN true;
END
$$;

-- The newest code shows that the address is theirs. Codes are long enough not to be guessed. What is left of them counts
-- for the hour, and opens nothing: without its letters it is none.
CREATE FUNCTION confirm_mail(code text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    shown mail_code;
BEGIN
    UPDATE mail_code c SET code = '' WHERE c.person_id = caller_self() AND c.code = confirm_mail.code AND c.code <> ''
      AND holds(c) RETURNING c.* INTO shown;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE mail_preference p SET address = shown.address, since = clock_timestamp(), asked_address = NULL
    WHERE p.person_id = shown.person_id;
    RETURN true;
END
$$;

-- Several notices share a message that nobody has begun to send. The message stays locked until the notice is
-- committed, so that it is never sent, and read about, before there is anything to read.
CREATE FUNCTION post_notice() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    wish mail_preference;
    post uuid;
    goes timestamptz;
BEGIN
    SELECT * INTO wish FROM mail_preference p
    WHERE p.person_id = NEW.person_id AND p.mode <> 'none' AND p.address IS NOT NULL;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    goes := next_post(wish.mode);
    SELECT m.id INTO post FROM outbox_message m
    WHERE m.person_id = NEW.person_id AND m.state = 'waiting' AND m.attempts = 0 AND m.next_try_at <= goes
      AND NOT EXISTS (SELECT FROM mail_code c WHERE c.message_id = m.id)
    ORDER BY m.next_try_at, m.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        post := gen_random_uuid();
        INSERT INTO outbox_message (id, person_id, state, written_at, next_try_at, attempts, refusals)
        VALUES (post, NEW.person_id, 'waiting', clock_timestamp(), goes, 0, 0);
    END IF;
    INSERT INTO outbox_notice (notice_id, message_id) VALUES (NEW.id, post);
    RETURN NULL;
END
$$;

-- To a team's own inbox, if it has one: that there is something new, and nothing else.
CREATE FUNCTION post_to_team(team uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM outbox_message m
    WHERE m.team_id = post_to_team.team AND m.state = 'waiting' AND m.attempts = 0
    LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        INSERT INTO outbox_message (id, team_id, state, written_at, next_try_at, attempts, refusals)
        SELECT gen_random_uuid(), t.id, 'waiting', clock_timestamp(), clock_timestamp(), 0, 0
        FROM team t WHERE t.id = post_to_team.team AND t.inbox IS NOT NULL;
    END IF;
END
$$;

-- Before anything is taken: what need not be sent any more, what is too old, what was begun and never answered for.
CREATE FUNCTION settle_messages() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    WITH lapsed AS (
        SELECT m.id FROM outbox_message m WHERE m.state = 'waiting' AND m.leased_until < clock_timestamp()
        FOR UPDATE SKIP LOCKED
    ), freed AS (
        UPDATE outbox_message m SET lease = NULL, leased_until = NULL FROM lapsed WHERE m.id = lapsed.id RETURNING m.id
    )
    UPDATE outbox_attempt a SET outcome = 'lost' FROM freed WHERE a.message_id = freed.id AND a.outcome = 'under_way';

    WITH waiting AS (
        SELECT m.id, m.person_id, m.team_id FROM outbox_message m
        WHERE m.state = 'waiting' AND m.lease IS NULL AND m.next_try_at <= clock_timestamp()
        FOR UPDATE SKIP LOCKED
    )
    UPDATE outbox_message m SET state = 'not_needed' FROM waiting w
    WHERE m.id = w.id AND CASE WHEN w.team_id IS NOT NULL
        THEN NOT EXISTS (SELECT FROM team t WHERE t.id = w.team_id AND t.inbox IS NOT NULL)
        WHEN EXISTS (SELECT FROM mail_code c WHERE c.message_id = w.id)
        THEN EXISTS (SELECT FROM mail_code c WHERE c.message_id = w.id AND NOT holds(c))
        ELSE NOT EXISTS (SELECT FROM mail_preference p WHERE p.person_id = w.person_id AND p.mode <> 'none'
                         AND p.address IS NOT NULL)
             OR NOT EXISTS (SELECT FROM outbox_notice o JOIN notice n ON n.id = o.notice_id
                            WHERE o.message_id = w.id AND n.read_at IS NULL) END;

    UPDATE outbox_message m SET state = 'dead'
    WHERE m.state = 'waiting' AND m.lease IS NULL AND m.written_at < clock_timestamp() - interval '5 days'
      AND m.next_try_at <= clock_timestamp();
END
$$;

-- Take so many messages for so many seconds. Whoever does not say in that time what came of one gives it up to the next.
CREATE FUNCTION take_messages(most int, seconds int)
RETURNS TABLE (message_id uuid, held uuid, sent_to text, is_task boolean, code text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM settle_messages();
    RETURN QUERY
    WITH next AS (
        SELECT m.id FROM outbox_message m
        WHERE m.state = 'waiting' AND m.lease IS NULL AND m.next_try_at <= clock_timestamp()
        ORDER BY m.next_try_at, m.id LIMIT most FOR UPDATE SKIP LOCKED
    ), taken AS (
        UPDATE outbox_message m
        SET lease = gen_random_uuid(), leased_until = clock_timestamp() + make_interval(secs => seconds),
            attempts = m.attempts + 1
        FROM next WHERE m.id = next.id RETURNING m.*
    ), begun AS (
        INSERT INTO outbox_attempt (id, message_id, at, outcome)
        SELECT gen_random_uuid(), t.id, clock_timestamp(), 'under_way' FROM taken t
    )
    SELECT t.id, t.lease, coalesce(c.address, p.address, g.inbox)::text,
           t.team_id IS NOT NULL OR EXISTS (
               SELECT FROM outbox_notice o JOIN notice n ON n.id = o.notice_id
               WHERE o.message_id = t.id AND (n.kind LIKE 'action\_%' OR n.kind IN ('referral_arrived', 'referral_yours', 'referral_due', 'referral_late', 'agreement_asked'))),
           c.code::text
    FROM taken t LEFT JOIN mail_code c ON c.message_id = t.id LEFT JOIN mail_preference p ON p.person_id = t.person_id LEFT JOIN team g ON g.id = t.team_id
    ORDER BY t.next_try_at, t.id;
END
$$;

-- What came of it. A bounce is tried three times in all, since mailboxes are misconfigured for an hour; what no server
-- takes is tried for five days, at growing distances. False: the lease had lapsed, and somebody else may have sent it.
CREATE FUNCTION mark_message(message uuid, held uuid, came_to text, codes text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    it outbox_message;
    bounced int;
BEGIN
    SELECT * INTO it FROM outbox_message m WHERE m.id = message AND m.lease = held FOR UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    bounced := it.refusals + (came_to = 'refused')::int;
    UPDATE outbox_message m
    SET lease = NULL, leased_until = NULL, reply = left(codes, 20), refusals = bounced,
        state = CASE WHEN came_to = 'sent' THEN 'sent'
                     WHEN bounced >= 3 OR it.written_at < clock_timestamp() - interval '5 days' THEN 'dead'
                     ELSE 'waiting' END,
        sent_at = CASE WHEN came_to = 'sent' THEN clock_timestamp() END,
        next_try_at = clock_timestamp() + least(interval '6 hours', interval '1 minute' * 2 ^ least(it.attempts, 12))
    WHERE m.id = message;
    UPDATE outbox_attempt a SET outcome = came_to, reply = left(codes, 20)
    WHERE a.message_id = message AND a.outcome = 'under_way';
    RETURN true;
END
$$;

-- Give back what was taken and not begun: no server answers, or the time is too short. It is no attempt.
CREATE FUNCTION release_messages(leases uuid[], seconds int) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM outbox_attempt a USING outbox_message m
    WHERE m.lease = ANY (leases) AND a.message_id = m.id AND a.outcome = 'under_way';
    UPDATE outbox_message m
    SET lease = NULL, leased_until = NULL, attempts = m.attempts - 1,
        next_try_at = clock_timestamp() + make_interval(secs => seconds)
    WHERE m.lease = ANY (leases);
END
$$;

-- Who is told of an action: whoever does it, or else the team it waits for; nobody of what they could not see.

CREATE FUNCTION tell_of_action(it action, today date, about text, words text, beside uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM tell(told.person_id, about, left(words, 400)) FROM (
        SELECT DISTINCT m.person_id FROM membership m CROSS JOIN LATERAL principal_today(m.id, today) p
        WHERE (m.id = it.allocated_to_id OR it.allocated_to_id IS NULL AND EXISTS (
                   SELECT FROM team_member t WHERE t.team_id = it.owner_team_id AND t.membership_id = m.id))
          AND 'initiatives:read' = ANY (p.scopes) AND it.acl && keys_of(m.agency_id, p.team_ids, true)
    ) told WHERE told.person_id IS DISTINCT FROM beside;
    IF it.allocated_to_id IS NULL AND it.acl && keys_of(it.owner_agency_id, ARRAY[it.owner_team_id], true) THEN
        PERFORM post_to_team(it.owner_team_id);
    END IF;
END
$$;

-- An action as a notice names it.
CREATE FUNCTION action_words(it action) RETURNS text LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT format('%s (%s, due on %s).', it.title, i.reference, to_char(it.due_on, 'FMDD FMMonth YYYY'))
    FROM initiative i WHERE i.id = it.initiative_id
$$;

-- Written with the change, whichever verb made it. Work that an agency gives to its own team is known there already.
CREATE FUNCTION action_given() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    allocated boolean := NEW.allocated_to_id IS NOT NULL
        AND (TG_OP = 'INSERT' OR OLD.allocated_to_id IS DISTINCT FROM NEW.allocated_to_id);
    arrived boolean := NEW.allocated_to_id IS NULL AND NEW.owner_agency_id IS DISTINCT FROM caller_agency()
        AND (TG_OP = 'INSERT' OR OLD.owner_team_id IS DISTINCT FROM NEW.owner_team_id);
BEGIN
    IF caller_principal() IS NULL OR NEW.state NOT IN ('open', 'in_progress') THEN
        RETURN NULL;  -- the tables' owner: sample data, and invented bulk
    END IF;
    IF allocated THEN
        PERFORM tell_of_action(NEW, caller_today(), 'action_assigned', 'Yours to do: ' || action_words(NEW), caller_person());
    ELSIF arrived THEN
        PERFORM tell_of_action(NEW, caller_today(), 'action_assigned', 'For your team: ' || action_words(NEW), caller_person());
    END IF;
    RETURN NULL;
END
$$;

-- The worker asks for it, as often as it likes: each thing is said once. An action is due within a week, or late; a new
-- due day begins anew. A partner has changed nothing for 60 days: its coordinators and the lead's, each 60 days.
CREATE FUNCTION remind(moment timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
    it action;
    silent record;
    about text;
    said int := 0;
BEGIN
    FOR it IN
        SELECT a.* FROM action a JOIN initiative i ON i.id = a.initiative_id
        WHERE a.state IN ('open', 'in_progress') AND a.due_on <= today + 7
          AND i.stage NOT IN ('complete', 'closed', 'cancelled')
          AND NOT EXISTS (
              SELECT FROM reminder r WHERE r.about_id = a.id AND r.day = a.due_on
                AND r.kind = CASE WHEN a.due_on < today THEN 'action_late' ELSE 'action_due' END)
        ORDER BY a.due_on, a.id LIMIT 500
    LOOP
        about := CASE WHEN it.due_on < today THEN 'action_late' ELSE 'action_due' END;
        INSERT INTO reminder (kind, about_id, day, at) VALUES (about, it.id, it.due_on, moment) ON CONFLICT DO NOTHING;
        IF FOUND THEN
            PERFORM tell_of_action(
                it, today, about, CASE about WHEN 'action_late' THEN 'Late: ' ELSE 'Due soon: ' END || action_words(it), NULL);
            said := said + 1;
        END IF;
    END LOOP;
    FOR silent IN
        SELECT p.id, p.agency_id, i.lead_agency_id, i.reference, i.acl, a.short_name
        FROM partner p JOIN initiative i ON i.id = p.initiative_id JOIN agency a ON a.id = p.agency_id
        WHERE p.state = 'committed' AND i.stage = 'live'
          AND coalesce(p.answered_at, p.asked_at) < moment - interval '60 days'
          AND NOT EXISTS (SELECT FROM reminder r WHERE r.kind = 'partner_quiet' AND r.about_id = p.id
                            AND r.at > moment - interval '60 days')
          AND NOT EXISTS (
              SELECT FROM history h JOIN agency own ON own.id = h.actor_agency_id
              WHERE h.initiative_id = p.initiative_id AND h.at >= moment - interval '60 days' AND h.acl && i.acl
                AND h.within_agency_id IS NULL AND p.agency_id IN (own.id, own.successor_id))
        ORDER BY p.id LIMIT 500
    LOOP
        INSERT INTO reminder (kind, about_id, day, at) VALUES ('partner_quiet', silent.id, today, moment)
        ON CONFLICT DO NOTHING;
        IF FOUND THEN
            PERFORM tell(told.person_id, 'partner_quiet', left(format(
                '%s has changed nothing on %s for 60 days.', silent.short_name, silent.reference), 400))
            FROM (
                SELECT DISTINCT m.person_id FROM membership m CROSS JOIN LATERAL principal_today(m.id, today) p
                WHERE m.agency_id IN (silent.agency_id, silent.lead_agency_id) AND 'initiatives:edit' = ANY (p.scopes)
                  AND silent.acl && keys_of(m.agency_id, p.team_ids, true)
            ) told;
            said := said + 1;
        END IF;
    END LOOP;
    RETURN said;
END
$$;

-- Which keys open a case, who holds them now, and how they reach everything that hangs on a case.

-- Every data category, as portal/agreements/categories.py names them.
CREATE FUNCTION data_categories() RETURNS text[] LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT '{identity_link,safe_contact,needs,wishes,risk,flags,orders,criminal_justice,actions,clocks,reasons,outcome}'::text[]
$$;

-- The key of one view of what an agency (or one team of it) has of its own, or by a gate for a purpose. An agency's own
-- are there from its beginning, and a narrow team's from the day it is one, or who writes a first case would not see it;
-- the others are made when they are first needed.
CREATE FUNCTION case_capability(wanted text, agency uuid, team uuid, gate uuid, purpose text, from_agency uuid) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found_id int;
BEGIN
    LOOP
        SELECT c.id INTO found_id FROM capability c
        WHERE c.agency_id = case_capability.agency AND c.kind = wanted AND c.team_id IS NOT DISTINCT FROM team
          AND c.gate_id IS NOT DISTINCT FROM gate AND c.purpose IS NOT DISTINCT FROM case_capability.purpose
          AND c.from_agency_id IS NOT DISTINCT FROM from_agency;
        IF found_id IS NOT NULL THEN
            RETURN found_id;
        END IF;
        INSERT INTO capability (kind, agency_id, team_id, gate_id, purpose, from_agency_id)
        VALUES (wanted, case_capability.agency, team, gate, case_capability.purpose, from_agency) ON CONFLICT DO NOTHING;
    END LOOP;
END
$$;

-- The way by which an agency was given cases: from whom, under which agreement, by which legal power.
CREATE FUNCTION case_route(agency uuid, gate uuid, from_agency uuid, gateway text) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    found_id int;
BEGIN
    LOOP
        SELECT c.id INTO found_id FROM capability c
        WHERE c.agency_id = case_route.agency AND c.kind = 'route' AND c.gate_id = gate AND c.from_agency_id = from_agency
          AND c.gateway IS NOT DISTINCT FROM case_route.gateway;
        IF found_id IS NOT NULL THEN
            RETURN found_id;
        END IF;
        INSERT INTO capability (kind, agency_id, gate_id, from_agency_id, gateway)
        VALUES ('route', case_route.agency, gate, from_agency, case_route.gateway) ON CONFLICT DO NOTHING;
    END LOOP;
END
$$;

-- The ways by which an agency has cases and may not have them now, or not after a change; see agreement_ways. Those of
-- agreements by which it is given nothing at all are left out: no key opens what came by them.
CREATE FUNCTION ways_closed(agency uuid, moment timestamptz, agreement uuid, without uuid, version uuid) RETURNS int[]
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM capability c WHERE c.kind = 'route' AND c.agency_id = ways_closed.agency) THEN
        RETURN '{}';
    END IF;
    RETURN (
        WITH way AS MATERIALIZED (
            SELECT * FROM agreement_ways(ways_closed.agency, moment, ways_closed.agreement, without, version)
        )
        SELECT coalesce(array_agg(c.id), '{}') FROM capability c
        WHERE c.kind = 'route' AND c.agency_id = ways_closed.agency
          AND c.gate_id IN (SELECT r.agreement_id FROM agreement_receiving(ways_closed.agency, moment) r)
          AND NOT EXISTS (SELECT FROM way WHERE way.agreement_id = c.gate_id AND way.from_agency_id = c.from_agency_id
                          AND way.gateway = coalesce(c.gateway, way.gateway)));
END
$$;

-- What a principal holds of cases at this moment (`roles`: of an agreement that permits one of them, NULL for whatever
-- role): keys; the routes by which its agency may not be given anything today,
-- since the sender has left or is suspended while the agreement goes on, or the legal power has ended; and which keys lack which category.
CREATE FUNCTION case_keys(agency uuid, teams uuid[], scopes text[], moment timestamptz, roles text[] DEFAULT NULL)
RETURNS TABLE (keys int[], closed int[], lacking jsonb)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    levels text[] := CASE WHEN 'referrals:read' = ANY (scopes) THEN '{summary,full}'
                          WHEN 'referrals:summary' = ANY (scopes) THEN '{summary}' ELSE '{}' END;
BEGIN
    keys := '{}';
    closed := '{}';
    lacking := '{}';
    IF levels = '{}' THEN
        RETURN NEXT;
        RETURN;
    END IF;
    WITH gate AS MATERIALIZED (
        SELECT g.agreement_id AS id, g.categories, v.purposes, coalesce(v.permitted_roles && roles, true) AS permitted
        FROM agreement_gates(case_keys.agency, moment) g
        JOIN agreement_version v ON v.id = agreement_version_now(g.agreement_id, moment)
        UNION ALL
        SELECT e.id, data_categories(), NULL, true FROM emergency_disclosure e
        WHERE e.to_agency_id = case_keys.agency AND e.starts_at <= moment AND e.ends_at > moment AND e.closed_at IS NULL
    ), held AS (
        SELECT c.id, gate.categories FROM capability c LEFT JOIN gate ON gate.id = c.gate_id
        WHERE c.agency_id = case_keys.agency AND c.kind = ANY (levels) AND (c.team_id IS NULL OR c.team_id = ANY (teams))
          AND (c.gate_id IS NULL OR gate.id IS NOT NULL)
          AND (c.purpose IS NULL OR c.purpose = ANY (gate.purposes))
          -- Who looks after the agreements sees that there are cases; who is to use them the agreement says.
          AND (c.gate_id IS NULL OR gate.permitted OR c.kind = 'summary' AND 'agreements:draft' = ANY (scopes))
    ), without AS (
        SELECT category, jsonb_agg(held.id) AS ids FROM held, unnest(data_categories()) category
        WHERE NOT category = ANY (held.categories) GROUP BY category
    )
    SELECT coalesce((SELECT array_agg(held.id ORDER BY held.id) FROM held), '{}'),
           coalesce((SELECT jsonb_object_agg(category, ids) FROM without), '{}')
    INTO keys, lacking;
    closed := ways_closed(case_keys.agency, moment, NULL, NULL, NULL);
    RETURN NEXT;
END
$$;

-- Those of these keys that an emergency disclosure gave. What they open no closed way closes.
CREATE FUNCTION urgent_keys(keys int[]) RETURNS int[] LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(array_agg(c.id), '{}') FROM capability c JOIN emergency_disclosure e ON e.id = c.gate_id
    WHERE c.id = ANY (urgent_keys.keys)
$$;

CREATE FUNCTION caller_urgent() RETURNS int[] LANGUAGE sql STABLE PARALLEL RESTRICTED SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT urgent_keys(caller_keys()) $$;

-- What the policies of a case's tables ask beside its keys, for functions that ask it themselves.
CREATE FUNCTION given_to_caller(acl int[], routes int[]) RETURNS boolean LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT NOT coalesce(routes && caller_closed() AND NOT acl && caller_urgent(), false)
$$;

-- The keys of a case: the sender's own, those of each recipient while it is given to it, and of whom a MARAC asks what it
-- knows. A narrow team keeps its cases to its members; one that passed a case on keeps the summary, and so do those whom it
-- asked. `routes`: from whom each agency has it, under which agreement.
CREATE FUNCTION referral_keys(wanted uuid, sender uuid, sender_team uuid, purpose text, OUT acl int[], OUT full_acl int[], OUT routes int[])
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    party record;
BEGIN
    acl := '{}';
    full_acl := '{}';
    routes := '{}';
    FOR party IN
        SELECT sender AS agency, CASE WHEN t.narrow THEN t.id END AS team, NULL::uuid AS gate, NULL::text AS purpose,
               NULL::text AS gateway, sender AS giver, false AS passed
        FROM team t WHERE t.id = sender_team
        UNION
        SELECT r.agency_id, CASE WHEN t.narrow THEN t.id END, r.agreement_id,
               CASE WHEN r.agreement_id IS NOT NULL THEN referral_keys.purpose END, r.gateway, coalesce(r.from_agency_id, sender),
               r.passed_at IS NOT NULL
        FROM recipient r JOIN team t ON t.id = r.team_id
        WHERE r.referral_id = wanted AND r.given_at IS NOT NULL AND r.lost_at IS NULL
          AND (r.agreement_id IS NOT NULL OR r.agency_id = sender)
        UNION
        SELECT q.agency_id, CASE WHEN t.narrow THEN t.id END, q.agreement_id,
               CASE WHEN q.agreement_id IS NOT NULL THEN referral_keys.purpose END, q.gateway, q.from_agency_id,
               asks.passed_at IS NOT NULL
        FROM marac_research q JOIN team t ON t.id = q.team_id JOIN recipient asks ON asks.id = q.recipient_id
        WHERE q.referral_id = wanted AND q.given_at IS NOT NULL AND q.lost_at IS NULL
          AND (q.agreement_id IS NOT NULL OR q.agency_id = sender)
        UNION
        SELECT e.to_agency_id, e.to_team_id, e.id, NULL, NULL, e.from_agency_id, false FROM emergency_disclosure e
        WHERE e.referral_id = wanted AND e.closed_at IS NULL
    LOOP
        acl := acl || case_capability('summary', party.agency, party.team, party.gate, party.purpose, NULL);
        IF NOT party.passed THEN
            full_acl := full_acl || case_capability('full', party.agency, party.team, party.gate, party.purpose, NULL);
        END IF;
        IF party.purpose IS NOT NULL THEN
            routes := routes || case_route(party.agency, party.gate, party.giver, party.gateway);
        END IF;
    END LOOP;
    acl := ARRAY(SELECT DISTINCT k FROM unnest(acl) k ORDER BY k);
    full_acl := ARRAY(SELECT DISTINCT k FROM unnest(full_acl) k ORDER BY k);
    routes := ARRAY(SELECT DISTINCT k FROM unnest(routes) k ORDER BY k);
END
$$;

CREATE FUNCTION set_referral_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    SELECT * INTO NEW.acl, NEW.full_acl, NEW.routes FROM referral_keys(NEW.id, NEW.sender_agency_id, NEW.sender_team_id, NEW.purpose);
    RETURN NEW;
END
$$;

-- A child has its referral's keys, of the view that the table belongs to ('summary' or 'full'); one of no referral that
-- there is gets none, so that the policy refuses it.
CREATE FUNCTION referral_child_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    NEW.acl := '{}';
    NEW.routes := '{}';
    SELECT CASE TG_ARGV[0] WHEN 'full' THEN r.full_acl ELSE r.acl END, r.routes INTO NEW.acl, NEW.routes
    FROM referral r WHERE r.id = NEW.referral_id FOR SHARE;
    NEW.acl := coalesce(NEW.acl, '{}');
    NEW.routes := coalesce(NEW.routes, '{}');
    RETURN NEW;
END
$$;

-- Recipients come, are given it, lose it: the case's keys are computed again, and how it stands as a whole.
CREATE FUNCTION recipient_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE referral r SET
        overall = whole.stands,
        ended_at = CASE WHEN whole.stands IN ('ended', 'withdrawn') THEN coalesce(r.ended_at, caller_now()) END
    FROM (
        SELECT f.id, CASE
            WHEN f.overall = 'draft' THEN f.overall
            WHEN every.lost THEN 'withdrawn' WHEN every.ended THEN 'ended'
            WHEN every.taken OR some_took AND NOT f.all_take THEN 'in_hand' ELSE 'waiting' END AS stands
        FROM referral f CROSS JOIN LATERAL (
            SELECT coalesce(bool_and(p.lost_at IS NOT NULL), false) AS lost,
                   coalesce(bool_and(p.hold = 'ended' OR p.lost_at IS NOT NULL), false) AS ended,
                   coalesce(bool_and(p.hold <> 'asked' OR p.lost_at IS NOT NULL), false) AS taken,
                   coalesce(bool_or(p.hold = 'taken' AND p.lost_at IS NULL), false) AS some_took
            FROM recipient p WHERE p.referral_id = f.id AND p.given_at IS NOT NULL
        ) every
    ) whole
    WHERE whole.id = r.id AND r.id = coalesce(NEW.referral_id, OLD.referral_id);
    RETURN NULL;
END
$$;

CREATE FUNCTION disclosure_changed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE referral SET acl = acl WHERE id = NEW.referral_id;
    RETURN NULL;
END
$$;

-- New keys of a case reach what hangs on it; the arguments are the tables, each after its view.
CREATE FUNCTION spread_referral_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY TG_ARGV LOOP
        EXECUTE format('UPDATE %I SET acl = acl WHERE referral_id = $1', child) USING NEW.id;
    END LOOP;
    RETURN NULL;
END
$$;

-- What a verb calls before it changes anything of a case; of a hidden one it does nothing. A case first, then what hangs
-- on it: one order for all, so that of two who act at once one waits and sees what the other did.
CREATE FUNCTION hold_referral(wanted uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM FROM referral r WHERE r.id = wanted AND r.acl && caller_keys() FOR NO KEY UPDATE;
END
$$;

-- What steers a case, for those between whom it goes, who alone move it: of the codes of its events those on which its
-- next moves and its clocks depend, whatever the caller's agreement covers. A replay by half of what was said would lead
-- elsewhere. The pathway names the fields; they are seldom more than a date, and no answer shows them. Whom a MARAC asks
-- what it knows, and who has it by an emergency, has the case and no move, and so nothing of this.
CREATE FUNCTION steering_codes(wanted uuid, names text[]) RETURNS TABLE (event_id uuid, codes jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT e.id, jsonb_object_agg(said.key, said.value)
    FROM recipient p JOIN referral r ON r.id = p.referral_id
    JOIN referral_event e ON e.recipient_id = p.id JOIN event_codes c ON c.event_id = e.id
    CROSS JOIN LATERAL jsonb_each(c.codes) said
    WHERE p.id = wanted AND caller_can('referrals:work') AND r.acl && caller_keys() AND given_to_caller(r.acl, r.routes)
      AND said.key = ANY (names)
      AND (r.sender_agency_id = caller_agency() OR EXISTS (
          SELECT FROM recipient own WHERE own.referral_id = r.id AND own.agency_id = caller_agency()
          AND own.given_at IS NOT NULL AND own.lost_at IS NULL))
    GROUP BY e.id
$$;

-- Somebody is shown the full view of a case: it is written down first, and for good. NULL for who may not see it, of whom
-- it is written down that they asked: of a hidden case and of one that never was alike. Shown twice in one request, it is
-- one row: a request is its id and its moment, since who calls may choose the id.
CREATE FUNCTION consult(wanted uuid, purpose text) RETURNS uuid LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    case_of referral;
BEGIN
    SELECT * INTO case_of FROM referral r
    WHERE r.id = wanted AND r.full_acl && caller_keys() AND given_to_caller(r.full_acl, r.routes);
    IF NOT FOUND AND caller_principal() IS NOT NULL THEN
        INSERT INTO audit_line (id, at, request_id, principal_id, agency_id, verb, outcome, rule, object_id)
        VALUES (gen_random_uuid(), caller_now(), caller_request(), caller_principal(), caller_agency(),
                'referral_file', 'refused', 'referral.full_view', wanted);
    END IF;
    IF case_of.id IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('synchronous_commit', 'on', true);
    INSERT INTO consultation (id, referral_id, owner_agency_id, principal_id, person_id, agency_id, client_id, purpose,
                              request_id, at)
    SELECT gen_random_uuid(), wanted, case_of.sender_agency_id, caller_principal(), caller_person(), caller_agency(),
           caller_client(), consult.purpose, caller_request(), caller_now()
    WHERE NOT EXISTS (
        SELECT FROM consultation c
        WHERE c.referral_id = wanted AND c.at = caller_now() AND c.request_id = caller_request()
          AND c.principal_id = caller_principal() AND c.purpose = consult.purpose);
    RETURN wanted;
END
$$;

-- A list or a node shows a row of the full view: the same, of what is shown by what it is worked with.
CREATE FUNCTION consult_listed(wanted uuid) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RETURN consult(wanted, 'work_on_case') IS NOT NULL;
END
$$;

-- A team becomes narrower than its agency, or no longer is: its cases get other keys.
CREATE FUNCTION narrow_team_cases() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NEW.narrow THEN
        PERFORM case_capability(view, NEW.agency_id, NEW.id, NULL, NULL, NULL)
        FROM unnest('{summary,full}'::text[]) view;
    END IF;
    UPDATE referral r SET acl = acl
    WHERE r.sender_team_id = NEW.id OR r.id IN (SELECT p.referral_id FROM recipient p WHERE p.team_id = NEW.id);
    RETURN NULL;
END
$$;

-- Who would have a case if it were sent now, and by what right. `lacking`: no agreement in force permits it. Only for those
-- who see the case.
CREATE FUNCTION referral_audience(wanted uuid)
RETURNS TABLE (agency_id uuid, team_id uuid, narrow boolean, part text, agreement_id uuid, gateway text, categories text[],
               lacking boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH this AS (
        SELECT * FROM referral r
        WHERE r.id = wanted AND r.acl && caller_keys() AND given_to_caller(r.acl, r.routes)
    )
    SELECT this.sender_agency_id, this.sender_team_id, t.narrow, 'sender', NULL::uuid, NULL, data_categories(), false
    FROM this JOIN team t ON t.id = this.sender_team_id
    UNION  -- a team is shown once, though it may have several suspects
    SELECT p.agency_id, p.team_id, t.narrow, 'receiver', permits.agreement_id, permits.gateway,
           CASE WHEN p.agency_id = this.sender_agency_id THEN data_categories() ELSE coalesce(v.categories, '{}') END,
           p.agency_id <> this.sender_agency_id AND permits.agreement_id IS NULL
    FROM this JOIN recipient p ON p.referral_id = this.id AND p.lost_at IS NULL JOIN team t ON t.id = p.team_id
    LEFT JOIN LATERAL agreement_for(this.sender_agency_id, p.agency_id, this.purpose, this.categories, caller_now())
        permits ON p.agency_id <> this.sender_agency_id
    LEFT JOIN agreement_version v ON v.id = agreement_version_now(permits.agreement_id, caller_now())
    UNION  -- who sits at a MARAC, today or at a meeting to come, is given by it what is put on its list
    SELECT s.agency_id, s.team_id, t.narrow, 'representative', permits.agreement_id, permits.gateway,
           coalesce(v.categories, '{}'), false
    FROM this JOIN recipient p ON p.referral_id = this.id AND p.lost_at IS NULL
    JOIN marac_seat s ON s.marac_team_id = p.team_id
         AND coalesce(s.ends_on >= caller_today(), true) AND s.agency_id NOT IN (this.sender_agency_id, p.agency_id)
    JOIN team t ON t.id = s.team_id
    JOIN LATERAL agreement_for(p.agency_id, s.agency_id, this.purpose, this.categories, caller_now()) permits ON true
    LEFT JOIN agreement_version v ON v.id = agreement_version_now(permits.agreement_id, caller_now())
$$;

-- The list as one short text: what was shown to the sender is what is sent, or it is not sent.
CREATE FUNCTION audience_mark(wanted uuid) RETURNS text LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT left(encode(sha256(convert_to(coalesce(string_agg(a::text, ';' ORDER BY a.part DESC, a.team_id), ''), 'UTF8')), 'hex'), 32)
    FROM referral_audience(wanted) a
$$;

-- Who worked on a case is kept, whatever changes it: a colleague, an administrator who takes somebody out of a team.
CREATE FUNCTION keep_allocation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO allocation (id, referral_id, recipient_id, agency_id, allocated_to_id, by_id, at, position,
                            updated_at, version, acl, routes)
    VALUES (gen_random_uuid(), NEW.referral_id, NEW.id, NEW.agency_id, NEW.allocated_to_id, caller_principal(),
            coalesce(caller_now(), clock_timestamp()), NEW.version,
            coalesce(caller_now(), clock_timestamp()), 1, '{}', '{}');
    RETURN NULL;
END
$$;

-- Who does a member's cases in a team on a day: whoever covers for them, or they themselves.
CREATE FUNCTION covers(team uuid, member uuid, day date) RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce((
        SELECT c.covered_by_id FROM cover c
        WHERE c.team_id = covers.team AND c.member_id = covers.member AND c.ended_at IS NULL
          AND covers.day BETWEEN c.first_on AND c.last_on
        ORDER BY c.created_at DESC, c.id LIMIT 1), covers.member)
$$;

-- Totals over cases, in which nobody can be counted out.

-- Counts of which none below five is shown, and none that could be worked out from the whole, the others and this rule: where
-- one is hidden, so are all that have one of the two smallest counts, and the next until those hidden make five or more. Then
-- any two of them that differ could be exchanged, and the answer were the same. Where all are alike nobody is named: of five
-- in all in five places each has one.
CREATE FUNCTION without_small(keys text[], counts int[]) RETURNS TABLE (key text, cases int, whole boolean)
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH ranked AS (
        SELECT c.key, c.n, dense_rank() OVER by_size AS size, min(c.n) OVER () < 5 AS some_small,
               min(c.n) OVER () = max(c.n) OVER () OR sum(c.n) OVER () < 5 AS telling,
               coalesce(sum(c.n) OVER (by_size GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS smaller
        FROM unnest(keys, counts) AS c (key, n)
        WINDOW by_size AS (ORDER BY c.n)
    )
    SELECT r.key, CASE WHEN NOT (r.some_small AND (r.n < 5 OR r.size <= 2 OR r.smaller < 5)) THEN r.n END, false
    FROM ranked r WHERE NOT (r.some_small AND r.telling)
    UNION ALL
    SELECT NULL, CASE WHEN every.n = 0 OR every.n >= 5 THEN every.n END, true
    FROM (SELECT coalesce(sum(c.n), 0)::int AS n FROM unnest(counts) AS c (n)) every
$$;

-- The clocks of a case that have run out, and the agency with which each lies.
CREATE FUNCTION late_clocks(referral uuid, moment timestamptz) RETURNS TABLE (due_at timestamptz, agency uuid)
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT k.due_at, coalesce(t.agency_id, p.agency_id)
    FROM recipient p JOIN running_clock k ON k.recipient_id = p.id LEFT JOIN team t ON t.id = k.team_id
    WHERE p.referral_id = late_clocks.referral AND p.is_open AND k.due_at < moment AND k.stopped_at IS NULL
      AND NOT k.provisional
$$;

-- Who works on cases in any membership of theirs would find what others have by taking away what they see.
CREATE FUNCTION sees_cases(person uuid, today date) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM membership m CROSS JOIN LATERAL principal_today(m.id, today) p
        WHERE m.person_id = sees_cases.person AND 'referrals:summary' = ANY (p.scopes))
$$;

-- Whether the caller is told totals of everybody's cases: by the roles of whoever it is or acts for, not by what this token
-- was narrowed to.
CREATE FUNCTION caller_counts_all() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT caller_can('referrals:totals') AND NOT caller_can('referrals:summary') AND NOT EXISTS (
        SELECT FROM membership m
        WHERE m.id IN (caller_principal(),
                       (SELECT c.owner_membership_id FROM client_acceptance c WHERE c.id = caller_principal()))
          AND sees_cases(m.person_id, caller_today()))
$$;

-- The worker asks for it, as often as it likes: each Monday at seven in London programme leads are told how many cases are
-- late. Of fewer than five they are told nothing, and nobody looks again before the next Monday.
CREATE FUNCTION tell_late_totals(moment timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    here timestamp := moment AT TIME ZONE 'Europe/London';
    monday date := date_trunc('week', here)::date;
    late int;
BEGIN
    IF here < monday + time '07:00' THEN
        RETURN 0;
    END IF;
    INSERT INTO reminder (kind, about_id, day, at)
    VALUES ('cases_late', '00000000-0000-0000-0000-000000000000', monday, moment) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    SELECT count(DISTINCT k.referral_id) INTO late FROM running_clock k JOIN recipient p ON p.id = k.recipient_id
    WHERE k.stopped_at IS NULL AND k.due_at < moment AND NOT k.provisional AND p.is_open;
    IF late < 5 THEN
        RETURN 0;
    END IF;
    PERFORM tell(told.person_id, 'cases_late', format('%s cases are late. Totals say with whom most of them lie.', late))
    FROM (
        SELECT DISTINCT m.person_id
        FROM membership m CROSS JOIN LATERAL principal_today(m.id, here::date) p
        WHERE EXISTS (SELECT FROM membership_role r WHERE r.membership_id = m.id AND r.role = 'programme_lead')
          AND 'referrals:totals' = ANY (p.scopes)
          AND NOT sees_cases(m.person_id, here::date)
    ) told;
    RETURN 1;
END
$$;

-- The cases that were sent in a financial year, by one thing: all cases for whoever has totals, and only totals, of them;
-- for others those that they see. One thing at a time and whole years, since tables that can be laid over each other
-- tell of one person.
CREATE FUNCTION case_totals(by text, year int) RETURNS TABLE (key text, cases int, whole boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH allowed AS MATERIALIZED (
        SELECT caller_counts_all() AS everything, caller_keys() AS keys, caller_closed() AS closed, caller_urgent() AS urgent,
               caller_keys('outcome') AS outcome_keys,
               least(greatest(case_totals.year, 1), 9000) AS april  -- of what is no year, a year without cases
        WHERE caller_counts_all() OR caller_can('referrals:summary')
    ), sent AS (
        SELECT r.*, a.everything, a.outcome_keys FROM referral r CROSS JOIN allowed a
        WHERE r.sent_at >= make_timestamptz(a.april, 4, 1, 0, 0, 0, 'Europe/London')
          AND r.sent_at < make_timestamptz(a.april + 1, 4, 1, 0, 0, 0, 'Europe/London')
          AND (a.everything OR r.acl && a.keys AND NOT (r.routes && a.closed AND NOT r.acl && a.urgent))
          -- That the police asked for early advice is a light record, and no referral until it is registered.
          AND NOT EXISTS (SELECT FROM recipient p WHERE p.referral_id = r.id AND p.state IN ('early_contact', 'early_contact_over'))
    ), counted AS (
        SELECT CASE case_totals.by
            WHEN 'pathway' THEN s.pathway
            WHEN 'state' THEN s.overall
            WHEN 'area' THEN s.area_code
            WHEN 'month' THEN to_char(s.sent_at AT TIME ZONE 'Europe/London', 'YYYY-MM')
            WHEN 'outcome' THEN (
                SELECT c.codes ->> 'outcome' FROM referral_event e JOIN event_codes c ON c.event_id = e.id
                WHERE e.referral_id = s.id AND c.category = 'outcome' AND c.codes ? 'outcome'
                  AND (s.everything OR c.acl && s.outcome_keys)
                  AND NOT EXISTS (SELECT FROM referral_event wrong
                                  WHERE wrong.referral_id = s.id AND wrong.error_of_id = e.id)
                ORDER BY e.at DESC, e.recorded_at DESC, e.position DESC LIMIT 1)
            WHEN 'late_with' THEN (
                SELECT g.short_name FROM late_clocks(s.id, caller_now()) k JOIN agency g ON g.id = k.agency
                ORDER BY k.due_at, g.short_name LIMIT 1)
            END AS key
        FROM sent s
    ), cells AS (SELECT c.key, count(*)::int AS n FROM counted c GROUP BY c.key)
    SELECT shown.* FROM (SELECT array_agg(cells.key) AS keys, array_agg(cells.n) AS counts FROM cells) listed,
        without_small(coalesce(listed.keys, '{}'), coalesce(listed.counts, '{}')) shown
    WHERE EXISTS (SELECT FROM allowed)
$$;

-- What came of matters between police and prosecutors that were sent in a financial year, suspect by suspect: the latest
-- decision of a prosecutor that counts. What the police ended themselves and what was finalised administratively is no legal
-- decision, and in neither part of a charge rate.
CREATE FUNCTION charging_totals(year int) RETURNS TABLE (key text, cases int, whole boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH allowed AS MATERIALIZED (
        SELECT caller_counts_all() AS everything, caller_keys() AS keys, caller_closed() AS closed, caller_urgent() AS urgent,
               least(greatest(charging_totals.year, 1), 9000) AS april
        WHERE caller_counts_all() OR caller_can('referrals:summary')
    ), decided AS (
        SELECT (
            SELECT CASE e.to_state WHEN 'charge_authorised' THEN 'charge' WHEN 'out_of_court' THEN 'out_of_court'
                                   ELSE 'no_further_action' END
            FROM referral_event e
            WHERE e.recipient_id = p.id
              AND e.to_state IN ('charge_authorised', 'nfa_evidential', 'nfa_public_interest', 'out_of_court')
              AND NOT EXISTS (SELECT FROM referral_event wrong WHERE wrong.referral_id = r.id AND wrong.error_of_id = e.id)
            ORDER BY e.at DESC, e.recorded_at DESC, e.position DESC LIMIT 1) AS key
        FROM referral r CROSS JOIN allowed a JOIN recipient p ON p.referral_id = r.id AND p.suspect IS NOT NULL
        WHERE r.pathway = 'cps_charging'
          AND r.sent_at >= make_timestamptz(a.april, 4, 1, 0, 0, 0, 'Europe/London')
          AND r.sent_at < make_timestamptz(a.april + 1, 4, 1, 0, 0, 0, 'Europe/London')
          AND (a.everything OR r.acl && a.keys AND NOT (r.routes && a.closed AND NOT r.acl && a.urgent))
    ), cells AS (SELECT d.key, count(*)::int AS n FROM decided d WHERE d.key IS NOT NULL GROUP BY d.key)
    SELECT shown.* FROM (SELECT array_agg(cells.key) AS keys, array_agg(cells.n) AS counts FROM cells) listed,
        without_small(coalesce(listed.keys, '{}'), coalesce(listed.counts, '{}')) shown
    WHERE EXISTS (SELECT FROM allowed)
$$;

-- Whether anybody in a team could take a case today, which is no more than is seen by sending it one.
CREATE FUNCTION team_takes_cases(wanted uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM team_member t CROSS JOIN LATERAL principal_today(t.membership_id, caller_today()) p
        WHERE t.team_id = wanted AND 'referrals:work' = ANY (p.scopes))
$$;

-- A case is disclosed in an emergency: who is told, what may be changed of the record, and who is told when nobody has
-- reviewed it in time.

-- Whoever looks after data protection there; where nobody does, whoever signs for the agency.
CREATE FUNCTION tell_guardians(agency uuid, today date, about text, words text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM tell(p, about, words) FROM people_as(agency, 'data_protection_lead', today) p;
    IF NOT FOUND THEN
        PERFORM tell(p, about, words) FROM people_as(agency, 'authorised_signatory', today) p;
    END IF;
END
$$;

-- Whether an agency has anybody who would be told.
CREATE FUNCTION guardians_known(agency uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM people_as(agency, 'data_protection_lead', caller_today()))
        OR EXISTS (SELECT FROM people_as(agency, 'authorised_signatory', caller_today()))
$$;

-- Whether a team has as many cases by disclosures that last as it can have: each costs its members two of the keys that they
-- may hold, and with too many nobody of the team could ask for anything.
CREATE FUNCTION disclosures_full(team uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT count(*) >= 12 FROM emergency_disclosure e
    WHERE e.to_team_id = disclosures_full.team AND e.closed_at IS NULL AND e.ends_at > caller_now()
$$;

-- Whether the caller, in whichever agency, has made a disclosure that was not justified, and that nobody has lifted since.
CREATE FUNCTION emergency_barred() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM emergency_disclosure e JOIN membership m ON m.id = e.made_by_id
        WHERE m.person_id = caller_person() AND e.finding <> 'justified' AND e.lifted_at IS NULL)
$$;

-- What was done stays as it was done. It is ended once, reviewed once, and what follows from the review is lifted once, the
-- last two by a data protection lead who is another person than whoever made it. What was not justified ends at once.
CREATE FUNCTION check_disclosure() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    answers text[] := ARRAY['version', 'updated_at', 'acl', 'routes', 'closed_at', 'reviewed_at', 'reviewed_by_id', 'finding',
                            'lifted_at', 'lifted_by_id'];
    looks boolean := NEW.reviewed_at IS DISTINCT FROM OLD.reviewed_at OR NEW.finding IS DISTINCT FROM OLD.finding
        OR NEW.reviewed_by_id IS DISTINCT FROM OLD.reviewed_by_id;
    lifts boolean := NEW.lifted_at IS DISTINCT FROM OLD.lifted_at OR NEW.lifted_by_id IS DISTINCT FROM OLD.lifted_by_id;
    second boolean;
BEGIN
    IF current_user = 'portal_owner' THEN
        RETURN NEW;  -- new keys, the worker's escalation, sample data
    END IF;
    second := caller_can('agreements:advise') AND caller_person() IS NOT NULL AND caller_person() IS DISTINCT FROM (
        SELECT m.person_id FROM membership m WHERE m.id = OLD.made_by_id);
    IF to_jsonb(NEW) - answers <> to_jsonb(OLD) - answers
        OR NEW.closed_at IS DISTINCT FROM OLD.closed_at
           AND (OLD.closed_at IS NOT NULL OR NEW.closed_at IS DISTINCT FROM caller_now())
        OR looks AND (OLD.reviewed_at IS NOT NULL OR NEW.reviewed_at IS DISTINCT FROM caller_now() OR NOT second
                      OR NEW.reviewed_by_id IS DISTINCT FROM caller_principal())
        OR lifts AND (OLD.lifted_at IS NOT NULL OR NEW.lifted_at IS DISTINCT FROM caller_now() OR NOT second
                      OR NEW.lifted_by_id IS DISTINCT FROM caller_principal())
    THEN
        RAISE EXCEPTION 'a disclosure stays as it was made' USING ERRCODE = '42501';
    END IF;
    IF looks AND NEW.finding <> 'justified' THEN
        NEW.escalated_at := coalesce(OLD.escalated_at, caller_now());
        IF NEW.closed_at IS NULL AND NEW.ends_at > caller_now() THEN
            NEW.closed_at := caller_now();
        END IF;
    END IF;
    RETURN NEW;
END
$$;

-- Written with the change: both agencies' data protection leads and the team that is given the case; whoever answers for both
-- agencies' information when it was not justified. No notice says which case it is.
CREATE FUNCTION tell_of_disclosure() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    giver text := (SELECT a.short_name FROM agency a WHERE a.id = NEW.from_agency_id);
    team text := (SELECT format('%s (%s)', t.name, a.short_name) FROM team t JOIN agency a ON a.id = t.agency_id WHERE t.id = NEW.to_team_id);
    until text := to_char(NEW.ends_at AT TIME ZONE 'Europe/London', 'FMDD FMMonth YYYY HH24:MI');
    due text := to_char(NEW.review_due_at AT TIME ZONE 'Europe/London', 'FMDD FMMonth YYYY');
BEGIN
    IF caller_principal() IS NULL THEN
        RETURN NULL;  -- sample data
    END IF;
    IF TG_OP = 'INSERT' THEN
        PERFORM tell_guardians(agency, caller_today(), 'emergency_disclosure', left(format(
            '%s has disclosed a case in an emergency to %s, until %s. %s reviews it by %s.', giver, team, until, giver, due), 400))
        FROM unnest(ARRAY[NEW.from_agency_id, NEW.to_agency_id]) agency;
        PERFORM tell(told.person_id, 'emergency_disclosure', left(format(
            '%s has disclosed a case to your team in an emergency, until %s.', giver, until), 400))
        FROM (
            SELECT DISTINCT m.person_id FROM team_member t JOIN membership m ON m.id = t.membership_id
            CROSS JOIN LATERAL principal_today(m.id, caller_today()) p
            WHERE t.team_id = NEW.to_team_id AND 'referrals:read' = ANY (p.scopes)
        ) told;
        PERFORM post_to_team(NEW.to_team_id);
    ELSIF OLD.reviewed_at IS NULL AND NEW.finding <> 'justified' THEN
        PERFORM tell(p, 'disclosure_escalated', left(format(
            'A disclosure in an emergency, by %s to %s, was found not to be justified.', giver, team), 400))
        FROM unnest(ARRAY[NEW.from_agency_id, NEW.to_agency_id]) agency, who_answers(agency, caller_today()) p;
        PERFORM tell(m.person_id, 'disclosure_escalated', left(format(
            'The disclosure that you made to %s in an emergency was found not to be justified. You can make no other until this is lifted.',
            team), 400))
        FROM membership m WHERE m.id = NEW.made_by_id;
    END IF;
    RETURN NULL;
END
$$;

-- Written with the request: whoever looks after data at the agency that is asked and its single points of contact; and where
-- what is asked for is there, the team that keeps it. Who asks learns of none of this.
CREATE FUNCTION tell_of_request() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    says text := (SELECT left(format('%s (%s) asks your agency to disclose a case in an emergency.', t.name, a.short_name), 400)
                  FROM team t JOIN agency a ON a.id = t.agency_id WHERE t.id = NEW.by_team_id);
BEGIN
    IF caller_principal() IS NULL THEN
        RETURN NULL;  -- sample data
    END IF;
    PERFORM tell(told.person, 'disclosure_asked', says) FROM (
        SELECT people_as(NEW.of_agency_id, role, caller_today())
        FROM unnest('{data_protection_lead,agency_spoc}'::text[]) role
        UNION
        SELECT m.person_id FROM referral r JOIN team_member t ON t.team_id = r.sender_team_id
        JOIN membership m ON m.id = t.membership_id
        CROSS JOIN LATERAL principal_today(m.id, caller_today()) p
        WHERE r.reference = NEW.reference AND r.sender_agency_id = NEW.of_agency_id AND 'referrals:work' = ANY (p.scopes)
    ) told (person);
    RETURN NULL;
END
$$;

-- The worker asks for it, as often as it likes: whoever answers for both agencies' information hears once of a disclosure that
-- nobody has reviewed in time.
CREATE FUNCTION escalate_disclosures(moment timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
    late record;
    said int := 0;
BEGIN
    FOR late IN
        SELECT e.id, e.from_agency_id, e.to_agency_id, g.short_name AS giver, t.name AS team, r.short_name AS receiver
        FROM emergency_disclosure e JOIN agency g ON g.id = e.from_agency_id JOIN agency r ON r.id = e.to_agency_id
        JOIN team t ON t.id = e.to_team_id
        WHERE e.reviewed_at IS NULL AND e.escalated_at IS NULL AND e.review_due_at <= moment
        ORDER BY e.review_due_at, e.id LIMIT 500 FOR UPDATE OF e SKIP LOCKED
    LOOP
        UPDATE emergency_disclosure SET escalated_at = moment WHERE id = late.id;
        PERFORM tell(p, 'disclosure_escalated', left(format(
            'Nobody has reviewed a disclosure in an emergency, by %s to %s (%s), within seven days.',
            late.giver, late.team, late.receiver), 400))
        FROM (
            SELECT who_answers(agency, today) FROM unnest(ARRAY[late.from_agency_id, late.to_agency_id]) agency
            UNION SELECT people_as(late.from_agency_id, 'data_protection_lead', today)
        ) told (p);
        said := said + 1;
    END LOOP;
    RETURN said;
END
$$;

-- What would stop if an agreement were interrupted, a party's part in it, or a new version came into force: keys and ways
-- are taken from those that are held now, as the change itself would take them.

-- What a change is about: an agreement, a party's part, or a version that is to come. Nothing for who does not see it.
CREATE FUNCTION agreement_change(change uuid, OUT agreement_id uuid, OUT party_agency_id uuid, OUT version_id uuid, OUT lead_agency_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT a.id, said.party, said.version, a.lead_agency_id FROM (
        SELECT change AS about, NULL::uuid AS party, NULL::uuid AS version
        UNION ALL
        SELECT p.agreement_id, p.agency_id, NULL FROM agreement_party p WHERE p.id = change
        UNION ALL
        SELECT v.agreement_id, NULL, v.id FROM agreement_version v
        WHERE v.id = change AND v.dropped_at IS NULL AND (v.signed_at IS NULL OR v.starts_on > caller_today())
    ) said JOIN agreement a ON a.id = said.about AND a.acl && caller_keys()
$$;

-- The keys that a change takes from an agency, of summaries and of one data category; from who has these roles, where they
-- are named.
CREATE FUNCTION keys_lost(agency uuid, change uuid, category text, roles text[] DEFAULT NULL) RETURNS int[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(array_agg(c.id), '{}')
    FROM agreement_change(change) said
    JOIN capability c ON c.gate_id = said.agreement_id AND c.agency_id = keys_lost.agency AND c.kind IN ('summary', 'full')
    LEFT JOIN agreement_version v ON v.id = said.version_id
    WHERE CASE
        WHEN v.id IS NOT NULL THEN
            NOT c.purpose = ANY (v.purposes) OR v.ceiling = 'official'
            OR NOT coalesce(v.permitted_roles && roles, true) AND NOT (c.kind = 'summary' AND caller_can('agreements:draft'))
            OR c.kind = 'full' AND NOT coalesce(category = ANY (v.categories), true)
        ELSE coalesce(said.party_agency_id = keys_lost.agency, true) END
$$;

-- The ways by which an agency has cases and that would be closed after a change: from a party whose part is interrupted, or
-- that acts for it; by a power that a new version does not name.
CREATE FUNCTION ways_lost(agency uuid, change uuid) RETURNS int[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce((SELECT ways_closed(ways_lost.agency, caller_now(), said.agreement_id, said.party_agency_id, said.version_id)
                     FROM agreement_change(change) said), '{}')
$$;

-- In which roles people act for an agency today: what an agreement permits to none of them stops for the agency.
CREATE FUNCTION agency_roles(agency uuid) RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(SELECT DISTINCT role FROM membership m CROSS JOIN LATERAL principal_today(m.id, caller_today()) p,
                        unnest(p.roles) role
                 WHERE m.agency_id = agency_roles.agency ORDER BY 1)
$$;

-- Every key that somebody in an agency could hold now of a data category, or of summaries; after a change, where one is named.
-- Who looks after its agreements sees that there are cases, whether or not anybody there may use them. What was disclosed in
-- an emergency hangs on no agreement, and counts neither before nor after.
CREATE FUNCTION agency_case_keys(agency uuid, category text, change uuid) RETURNS int[]
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(
        SELECT key FROM unnest(held.keys) key
        WHERE NOT coalesce(held.lacking -> agency_case_keys.category @> to_jsonb(key), false)
          AND key <> ALL (urgent.keys)
          AND (change IS NULL OR key <> ALL (keys_lost(agency_case_keys.agency, change, category, agency_roles(agency_case_keys.agency)))))
    FROM case_keys(agency_case_keys.agency, ARRAY(SELECT t.id FROM team t WHERE t.agency_id = agency_case_keys.agency),
                   '{referrals:read,agreements:draft}', caller_now(), agency_roles(agency_case_keys.agency)) held
    CROSS JOIN LATERAL urgent_keys(held.keys) urgent (keys)
$$;

-- The keys of an agency by which some of its people have cases whom a new version leaves out, since it is for other roles. It
-- may be that others there keep them.
CREATE FUNCTION keys_some_lose(agency uuid, change uuid) RETURNS int[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT coalesce(array_agg(c.id), '{}')
    FROM agreement_change(change) said JOIN agreement_version v ON v.id = said.version_id
    JOIN agreement_version counts ON counts.id = agreement_version_now(said.agreement_id, caller_now())
    JOIN capability c ON c.gate_id = said.agreement_id AND c.agency_id = keys_some_lose.agency AND c.kind = 'summary'
    WHERE EXISTS (
        SELECT FROM membership m CROSS JOIN LATERAL principal_today(m.id, caller_today()) p
        WHERE m.agency_id = keys_some_lose.agency AND p.roles && counts.permitted_roles AND NOT p.roles && v.permitted_roles
          AND ('referrals:read' = ANY (p.scopes) OR 'referrals:summary' = ANY (p.scopes) AND NOT 'agreements:draft' = ANY (p.scopes)))
$$;

CREATE FUNCTION own_keys_some_lose(change uuid) RETURNS int[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT keys_some_lose(caller_agency(), change) $$;

-- What the caller would hold after a change, and the ways that would be closed to the caller.
CREATE FUNCTION keys_after(change uuid) RETURNS int[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT ARRAY(SELECT key FROM unnest(caller_keys()) key WHERE key <> ALL (
        keys_lost(caller_agency(), change, NULL, acting_roles(caller_principal(), caller_today()))))
$$;

CREATE FUNCTION ways_shut_by(change uuid) RETURNS int[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT ways_lost(caller_agency(), change) $$;

-- The same of a data category for the caller's agency: who looks after an agreement need not be one who may read cases.
CREATE FUNCTION own_keys_after(category text, change uuid) RETURNS int[] LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$ SELECT agency_case_keys(caller_agency(), category, change) $$;

-- Numbers of cases are told in bands, so that two questions give nobody away.
CREATE FUNCTION case_band(cases bigint) RETURNS text LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN cases < 5 THEN 'fewer_than_5' WHEN cases < 20 THEN 'from_5_to_19' ELSE 'from_20' END
$$;

-- How many cases each party would see no longer, and how many less of. Who could make the change learns of every party,
-- others of their own; and nobody an exact number of another's.
CREATE FUNCTION agreement_stops(change uuid)
RETURNS TABLE (agency_id uuid, own boolean, stops text, narrows text)
LANGUAGE sql STABLE SECURITY DEFINER ROWS 5
SET search_path = pg_catalog, public, pg_temp AS $$
    WITH said AS (SELECT * FROM agreement_change(change)),
    party AS (
        SELECT DISTINCT p.agency_id, ways_lost(p.agency_id, change) AS shut, held.closed,
               keys_some_lose(p.agency_id, change) AS left_out,
               agency_case_keys(p.agency_id, NULL, NULL) AS now, agency_case_keys(p.agency_id, NULL, change) AS after
        FROM said JOIN agreement_party p ON p.agreement_id = said.agreement_id AND p.joined_at IS NOT NULL AND p.left_at IS NULL
        CROSS JOIN LATERAL case_keys(p.agency_id, '{}', '{referrals:read}', caller_now()) held
        WHERE p.agency_id = caller_agency() AND caller_can('referrals:summary')
           OR caller_can('agreements:draft') AND caller_agency() IN (said.lead_agency_id, said.party_agency_id)
    ),
    part AS MATERIALIZED (
        SELECT p.agency_id, agency_case_keys(p.agency_id, c, NULL) AS now, agency_case_keys(p.agency_id, c, change) AS after
        FROM party p CROSS JOIN unnest(data_categories()) c
    ),
    -- Who has a case under an agreement: to whom it was sent, and whom a MARAC asks what it knows.
    given AS (
        SELECT x.agency_id, x.referral_id FROM said JOIN recipient x ON x.agreement_id = said.agreement_id
        WHERE x.given_at IS NOT NULL AND x.lost_at IS NULL
        UNION
        SELECT q.agency_id, q.referral_id FROM said JOIN marac_research q ON q.agreement_id = said.agreement_id
        WHERE q.given_at IS NOT NULL AND q.lost_at IS NULL
    ),
    had AS (
        SELECT p.agency_id, r.id, r.full_acl, r.acl && p.left_out AS left_out, r.acl && p.after AND NOT r.routes && p.shut AS stays
        FROM party p JOIN given USING (agency_id)
        JOIN referral r ON r.id = given.referral_id AND r.acl && p.now AND NOT r.routes && p.closed
    ),
    counted AS (
        SELECT p.agency_id, count(h.id) FILTER (WHERE NOT h.stays) AS stops,
               count(h.id) FILTER (WHERE h.stays AND (h.left_out OR EXISTS (
                   SELECT FROM part c WHERE c.agency_id = p.agency_id AND h.full_acl && c.now AND NOT h.full_acl && c.after))) AS narrows
        FROM party p LEFT JOIN had h ON h.agency_id = p.agency_id GROUP BY p.agency_id
    )
    SELECT c.agency_id, c.agency_id = caller_agency(), case_band(c.stops), case_band(c.narrows)
    FROM counted c
$$;

-- A body that ends: its cases went to the successor with its teams, and here what hangs on them by the agency's name alone.
-- Whose record it is passes on too, so that the successor answers for it: who was shown it stays as it was written down.
-- What was sent to the old body its successor reads under an agreement to which it is a party itself.
CREATE FUNCTION succeed_cases(old uuid, successor uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    -- Of two numbers for one case the successor keeps its own.
    UPDATE local_reference n SET agency_id = successor
    WHERE n.agency_id = old AND NOT EXISTS (
        SELECT FROM local_reference own WHERE own.referral_id = n.referral_id AND own.agency_id = successor);
    UPDATE recipient SET from_agency_id = successor WHERE from_agency_id = old;
    UPDATE allocation SET agency_id = successor WHERE agency_id = old;
    UPDATE onward_request SET agency_id = successor WHERE agency_id = old;
    UPDATE outside_referral SET agency_id = successor WHERE agency_id = old;
    UPDATE case_action SET added_by_agency_id = successor WHERE added_by_agency_id = old;
    UPDATE marac_listing SET agency_id = successor WHERE agency_id = old;
    UPDATE marac_belief SET agency_id = successor WHERE agency_id = old;
    UPDATE marac_repeat SET agency_id = successor WHERE agency_id = old;
    UPDATE marac_research SET from_agency_id = successor WHERE from_agency_id = old;
    UPDATE emergency_disclosure SET from_agency_id = successor WHERE from_agency_id = old;
    UPDATE disclosure_request SET of_agency_id = successor WHERE of_agency_id = old;
    UPDATE consultation SET owner_agency_id = successor WHERE owner_agency_id = old;
END
$$;

-- A case passes from one team to another: the one that has it makes a place for the other, and with that place taken on its
-- own ends. Policies of a table cannot ask the table itself.
CREATE FUNCTION passes_from_caller(place uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM recipient r WHERE r.id = place AND r.agency_id = caller_agency()
                   AND r.given_at IS NOT NULL AND r.lost_at IS NULL)
$$;

CREATE FUNCTION passes_to_caller(place uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM recipient r JOIN referral f ON f.id = r.referral_id
                   WHERE r.from_id = place AND r.given_at IS NOT NULL AND r.lost_at IS NULL
                     AND caller_agency() IN (r.agency_id, f.sender_agency_id))
$$;

-- Who is told of a case: those of a team who could look it up at that moment, and nobody else of it; and of what is late
-- those whom the pathway names by their role, whether or not the agreement lets them open it. A notice says that there is
-- something and where to look; the case itself it leaves to the keys of whoever reads it.

-- Whether an agency has a case at that moment; with a team, whether that team has it, which may be narrow; with roles,
-- whether somebody in one of them has it.
CREATE FUNCTION has_case(it referral, agency uuid, team uuid, moment timestamptz, roles text[] DEFAULT NULL) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT it.acl && k.keys AND NOT (it.routes && k.closed AND NOT it.acl && urgent_keys(k.keys))
    FROM case_keys(agency, array_remove(ARRAY[team], NULL), '{referrals:summary}', moment, roles) k
$$;

-- Tell people of a team's agency: `who` is 'team' (whoever works on it, or else all of them), 'team_inbox' (the same and
-- the inbox, whoever works on it), 'team_lead', or the role of those who are to hear of it. How many there were to
-- hear; NULL where the agency has the case no more.
CREATE FUNCTION tell_of_case(
    it referral, team uuid, worker uuid, who text, about text, words text, beside uuid, moment timestamptz
) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
    of_team boolean := who IN ('team', 'team_inbox', 'team_lead');
    of_agency uuid;
    inbox text;
    all_of_it boolean;
    told uuid[];
    theirs uuid;
BEGIN
    SELECT t.agency_id, t.inbox INTO of_agency, inbox FROM team t WHERE t.id = tell_of_case.team;
    worker := covers(tell_of_case.team, worker, today);
    -- Who has just lost it could look it up until then.
    all_of_it := about = 'referral_withdrawn' OR has_case(it, of_agency, NULL, moment);
    IF NOT all_of_it AND NOT has_case(it, of_agency, team, moment) THEN
        RETURN NULL;
    END IF;
    WITH asked AS (
        SELECT t.membership_id AS id FROM team_member t WHERE of_team AND t.team_id = team
            AND (who <> 'team_lead' OR t.leads OR EXISTS (
                SELECT FROM membership_role r WHERE r.membership_id = t.membership_id AND r.role = 'team_lead'))
        UNION
        SELECT r.membership_id FROM membership_role r JOIN membership m ON m.id = r.membership_id
        WHERE NOT of_team AND m.agency_id = of_agency AND r.role = who
    )
    SELECT array_agg(DISTINCT p.person_id), (array_agg(p.person_id) FILTER (WHERE p.principal_id = worker))[1]
    INTO told, theirs
    FROM asked CROSS JOIN LATERAL principal_today(asked.id, today) p
    WHERE 'referrals:summary' = ANY (p.scopes) AND (all_of_it OR team = ANY (p.team_ids))
      AND (of_team OR who = ANY (p.roles))
      AND (NOT of_team OR about = 'referral_withdrawn' OR has_case(it, of_agency, team, moment, p.roles));
    IF theirs IS NOT NULL AND who IN ('team', 'team_inbox') THEN
        told := ARRAY[theirs];
    END IF;
    INSERT INTO notice (id, person_id, at, kind, says, referral_id)
    SELECT gen_random_uuid(), person, clock_timestamp(), about, left(words, 400), it.id
    FROM unnest(told) person
    WHERE person IS DISTINCT FROM beside
      AND NOT EXISTS (  -- of two clocks, or two suspects, in one transaction
          SELECT FROM notice n WHERE n.person_id = person AND n.referral_id = it.id AND n.kind = about
            AND n.says = left(words, 400) AND n.at >= transaction_timestamp());
    IF inbox IS NOT NULL AND (who = 'team_inbox' OR who = 'team' AND theirs IS NULL) THEN
        PERFORM post_to_team(team);
        RETURN coalesce(cardinality(told), 0) + 1;
    END IF;
    RETURN coalesce(cardinality(told), 0);
END
$$;

-- What a step calls: the words are ours, and only of a case that the caller has. Of one that was taken back the reference
-- is all that its reader is left with.
CREATE FUNCTION tell_party(recipient uuid, to_sender boolean, about text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    it referral;
    of_team recipient;
    team uuid;
    words text;
BEGIN
    SELECT * INTO of_team FROM recipient p WHERE p.id = tell_party.recipient AND p.given_at IS NOT NULL;
    SELECT * INTO it FROM referral r
    WHERE r.id = of_team.referral_id AND r.acl && caller_keys() AND given_to_caller(r.acl, r.routes);
    IF it.id IS NULL THEN
        RETURN;
    END IF;
    team := CASE WHEN to_sender THEN it.sender_team_id ELSE of_team.team_id END;
    words := CASE about
        WHEN 'referral_arrived' THEN 'A referral has come to %s.'
        WHEN 'referral_answered' THEN 'There is an answer to a referral by %s.'
        WHEN 'referral_yours' THEN 'A referral waits for %s to go on with it.'
        WHEN 'referral_withdrawn' THEN 'A referral to %s was taken back: ' || it.reference || '.' END;
    PERFORM tell_of_case(
        it, team, CASE WHEN to_sender THEN it.kept_by_id ELSE of_team.allocated_to_id END, 'team', about,
        format(words, (SELECT t.name FROM team t WHERE t.id = team)), caller_person(), caller_now());
END
$$;

-- Let each rung of one clock have its turn whose time has come. Where nobody is there to hear, the next has it at once;
-- where the agency cannot see the case now, as under a suspended agreement, all of them wait. Where nobody is there at the
-- last, the other side's team hears, which has the case too: none ends in silence.
CREATE FUNCTION climb(it referral, of_team recipient, clock running_clock, moment timestamptz) RETURNS int
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    step int := coalesce(clock.climbed, 0);
    goes timestamptz := clock.next_at;
    last text := clock.told;
    name text;
    rung text;
    sends boolean := clock.team_id = it.sender_team_id;
    heard int;
    said int := 0;
BEGIN
    SELECT t.name INTO name FROM team t WHERE t.id = clock.team_id;
    WHILE step < cardinality(clock.rungs) AND goes < moment LOOP
        step := step + 1;
        rung := clock.rungs[step];
        IF rung = 'due_soon' AND clock.due_at > moment THEN
            heard := tell_of_case(it, clock.team_id, CASE WHEN sends THEN it.kept_by_id ELSE of_team.allocated_to_id END,
                'team', 'referral_due', format('Due within a day: a referral that lies with %s.', name), NULL, moment);
        ELSIF rung = 'team_inbox' THEN
            heard := tell_of_case(it, clock.team_id, CASE WHEN sends THEN it.kept_by_id ELSE of_team.allocated_to_id END,
                rung, 'referral_late', format('Late: a referral that lies with %s.', name), NULL, moment);
        ELSIF rung IN ('team_lead', 'agency_spoc') THEN
            heard := tell_of_case(it, clock.team_id, NULL, rung, 'referral_late',
                format('Still late: a referral that lies with %s, who were told before.', name), NULL, moment);
        ELSIF rung <> 'due_soon' THEN
            heard := tell_of_case(it, of_team.team_id, NULL, rung, 'referral_late',
                format('Still late: a referral that lies with %s, who were told before.', name), NULL, moment);
        END IF;
        IF heard IS NULL AND rung <> 'due_soon' THEN
            UPDATE running_clock k SET next_at = moment + interval '1 hour' WHERE k.id = clock.id;
            RETURN said;
        END IF;
        IF heard = 0 AND rung <> 'due_soon' AND step = cardinality(clock.rungs) THEN
            heard := tell_of_case(it, CASE WHEN sends THEN of_team.team_id ELSE it.sender_team_id END,
                CASE WHEN sends THEN of_team.allocated_to_id ELSE it.kept_by_id END, 'team', 'referral_late',
                format('Late, and nobody above them is there to hear: a referral that lies with %s.', name), NULL, moment);
            rung := CASE WHEN sends THEN 'recipient' ELSE 'sender' END;
        END IF;
        goes := CASE WHEN heard = 0 AND rung <> 'due_soon' AND step < cardinality(clock.rungs) THEN clock.next_at
                     ELSE clock.rungs_at[step + 1] END;
        IF heard > 0 THEN
            last := rung;
            said := said + 1;
        END IF;
        UPDATE running_clock k SET climbed = step, next_at = goes, told = last,
            told_at = CASE WHEN heard > 0 THEN moment ELSE k.told_at END
        WHERE k.id = clock.id;
    END LOOP;
    RETURN said;
END
$$;

-- The worker asks for it, as often as it likes and from as many places: each rung of a clock has its turn once. A case
-- that somebody is working on is left for the next time.
CREATE FUNCTION escalate(moment timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    late record;
    it referral;
    clock running_clock;
    of_team recipient;
    done int := 0;
BEGIN
    FOR late IN
        SELECT k.id, k.referral_id FROM running_clock k WHERE k.next_at < moment ORDER BY k.next_at, k.id LIMIT 50
    LOOP
        SELECT * INTO it FROM referral r WHERE r.id = late.referral_id FOR NO KEY UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        SELECT * INTO clock FROM running_clock k WHERE k.id = late.id AND k.next_at < moment;
        CONTINUE WHEN NOT FOUND;
        SELECT * INTO of_team FROM recipient p WHERE p.id = clock.recipient_id;
        PERFORM climb(it, of_team, clock, moment);
        done := done + 1;
    END LOOP;
    RETURN done;
END
$$;

-- Who is told of an action in a case: whoever does it, or else the team it waits for, while they could look the case up.
-- What is to be done, and in which case, a notice leaves to the full view.

CREATE FUNCTION tell_of_case_action(it case_action, about text, words text, beside uuid, moment timestamptz) RETURNS int
LANGUAGE sql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT tell_of_case(r, it.team_id, it.allocated_to_id, 'team', about,
        format(words, t.name, to_char(it.due_on, 'FMDD FMMonth YYYY')), beside, moment)
    FROM referral r, team t WHERE r.id = it.referral_id AND t.id = it.team_id
$$;

-- Written with the change, whichever verb made it. Who gives work to a team of their own has told it already.
CREATE FUNCTION case_action_given() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    allocated boolean := NEW.allocated_to_id IS NOT NULL
        AND (TG_OP = 'INSERT' OR OLD.allocated_to_id IS DISTINCT FROM NEW.allocated_to_id);
    arrived boolean := TG_OP = 'INSERT' AND NOT EXISTS (
        SELECT FROM team_member t JOIN membership m ON m.id = t.membership_id
        WHERE t.team_id = NEW.team_id AND m.person_id = caller_person());
BEGIN
    IF caller_principal() IS NULL OR NEW.state <> 'open' THEN
        RETURN NULL;  -- the tables' owner: sample data, and invented bulk
    END IF;
    IF allocated OR arrived THEN
        PERFORM tell_of_case_action(NEW, 'action_assigned', CASE WHEN allocated
            THEN 'Yours to do in a case of %s, by %s.' ELSE 'Something is to be done in a case, for %s, by %s.' END,
            caller_person(), caller_now());
    END IF;
    RETURN NULL;
END
$$;

-- The worker asks for it, as often as it likes: an action is due within a week, or late, and each is said once; a new due
-- day begins anew. Where the team's agency cannot see the case now, it is said once it can again.
CREATE FUNCTION remind_of_case_actions(moment timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
    it case_action;
    about text;
    said int := 0;
BEGIN
    FOR it IN
        WITH unsaid AS MATERIALIZED (
            SELECT a.* FROM case_action a
            WHERE a.state = 'open' AND a.due_on <= today + 7
              AND NOT EXISTS (
                  SELECT FROM reminder r WHERE r.about_id = a.id AND r.day = a.due_on
                    AND r.kind = CASE WHEN a.due_on < today THEN 'case_action_late' ELSE 'case_action_due' END)
        )
        SELECT u.* FROM unsaid u JOIN referral r ON r.id = u.referral_id
        WHERE r.overall IN ('waiting', 'in_hand') AND has_case(r, u.agency_id, u.team_id, moment)
        ORDER BY u.due_on, u.id LIMIT 200
    LOOP
        about := CASE WHEN it.due_on < today THEN 'action_late' ELSE 'action_due' END;
        INSERT INTO reminder (kind, about_id, day, at) VALUES ('case_' || about, it.id, it.due_on, moment)
        ON CONFLICT DO NOTHING;
        IF FOUND THEN
            PERFORM tell_of_case_action(it, about, CASE about
                WHEN 'action_late' THEN 'Late: something to be done in a case, for %s, by %s.'
                ELSE 'Due soon: something to be done in a case, for %s, by %s.' END, NULL, moment);
            said := said + 1;
        END IF;
    END LOOP;
    RETURN said;
END
$$;

-- Who hears that an agreement is to be reviewed or ends: those who look after data protection and who sign, at each of its
-- parties, with how many high-risk cases of their own agency would be left without it. Which, they read under their keys.

-- As it was assessed last, or since it goes to a MARAC; of what the caller may read of it.
CREATE FUNCTION high_risk(wanted uuid) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM referral r WHERE r.id = wanted AND r.pathway = 'marac') OR coalesce((
        SELECT g.high_risk FROM risk_assessment a JOIN risk_threshold t ON t.id = a.threshold_id
        JOIN risk_threshold g ON g.risk_scale_id = t.risk_scale_id AND g.grade = coalesce(a.judged_grade, a.grade)
        WHERE a.referral_id = wanted ORDER BY a.assessed_on DESC, a.id LIMIT 1), false)
$$;

CREATE FUNCTION tell_of_agreement(it agreement, about text, words text, today date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    party record;
    cases int;
BEGIN
    FOR party IN
        SELECT p.agency_id FROM agreement_party p
        WHERE p.agreement_id = it.id AND p.joined_at IS NOT NULL AND p.left_at IS NULL
    LOOP
        SELECT count(DISTINCT r.id) INTO cases FROM recipient x JOIN referral r ON r.id = x.referral_id
        WHERE x.agreement_id = it.id AND x.given_at IS NOT NULL AND x.lost_at IS NULL
          AND party.agency_id IN (x.agency_id, r.sender_agency_id) AND r.overall IN ('waiting', 'in_hand') AND high_risk(r.id);
        PERFORM tell_agency_of_agreement(
            party.agency_id,
            CASE about WHEN 'agreement_moved' THEN '{data_protection_lead,agency_spoc}'::text[]
                ELSE '{data_protection_lead,authorised_signatory}' END,
            it.id, about,
            words || CASE WHEN about = 'agreement_ends'
                THEN format(' Open high-risk cases that your agency gave or got by it: %s.', cases) ELSE '' END, NULL, today);
    END LOOP;
END
$$;

-- The worker asks for it, as often as it likes: 60, 30 and 7 days before the end, and 30 days before a review and once it
-- is due. Each is said once; a worker that was away says the latest. A version that all have signed moves the days; where it
-- was signed before its first day, that is said, too.
CREATE FUNCTION remind_of_agreements(moment timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
    due record;
    it agreement;
    said int := 0;
BEGIN
    FOR due IN
        SELECT a.id, s.kind, s.day, s.about, s.words FROM agreement a
        CROSS JOIN LATERAL (
            SELECT v.* FROM agreement_version v WHERE v.agreement_id = a.id AND v.signed_at IS NOT NULL
            ORDER BY v.number DESC LIMIT 1) v
        CROSS JOIN LATERAL (
            SELECT CASE WHEN v.ends_on - today <= 7 THEN 'agreement_ends_7' WHEN v.ends_on - today <= 30 THEN 'agreement_ends_30'
                        ELSE 'agreement_ends_60' END, v.ends_on, 'agreement_ends', 'ends'
            WHERE v.ends_on BETWEEN today AND today + 60
            UNION ALL
            SELECT CASE WHEN v.review_on <= today THEN 'agreement_due' ELSE 'agreement_due_30' END, v.review_on,
                   'agreement_due', 'is to be reviewed'
            WHERE v.review_on <= today + 30 AND v.review_on < v.ends_on AND v.ends_on >= today
            UNION ALL
            SELECT 'agreement_begins', v.starts_on, 'agreement_moved', format('version %s, is in force since', v.number)
            WHERE v.starts_on BETWEEN today - 30 AND today AND (v.signed_at AT TIME ZONE 'Europe/London')::date < v.starts_on
              AND a.suspended_at IS NULL
        ) s (kind, day, about, words)
        WHERE a.withdrawn_at IS NULL
          AND NOT EXISTS (SELECT FROM reminder r WHERE r.about_id = a.id AND r.kind = s.kind AND r.day = s.day)
        ORDER BY s.day, a.id LIMIT 200
    LOOP
        INSERT INTO reminder (kind, about_id, day, at) VALUES (due.kind, due.id, due.day, moment) ON CONFLICT DO NOTHING;
        IF FOUND THEN
            SELECT * INTO it FROM agreement a WHERE a.id = due.id;
            PERFORM tell_of_agreement(it, due.about, format(
                CASE due.about WHEN 'agreement_moved' THEN 'Agreement %s, %s %s.' ELSE 'Agreement %s %s on %s.' END,
                it.reference, due.words, to_char(due.day, 'FMDD FMMonth YYYY')), today);
            said := said + 1;
        END IF;
    END LOOP;
    RETURN said;
END
$$;

-- What `portal clocks recompute` asks: for those who keep the calendars, and nothing of what a case is about.

-- The clocks that run and are due, in an order that goes on after the last one that was read.
CREATE FUNCTION running_clocks(after uuid, most int)
RETURNS TABLE (clock_id uuid, recipient uuid, name text, pathway text, version int, area text, holder text,
               started_at timestamptz, due_at timestamptz, remains text, since timestamptz, provisional boolean,
               team uuid, rungs_at timestamptz[], climbed int)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT k.id, k.recipient_id, k.name, r.pathway, r.pathway_version, r.area_code, k.holder, k.started_at, k.due_at,
           k.remains, k.since, k.provisional, k.team_id, coalesce(k.rungs_at, '{}'), coalesce(k.climbed, 0)
    FROM running_clock k JOIN referral r ON r.id = k.referral_id
    WHERE caller_can('frameworks:manage') AND (after IS NULL OR k.id > after)
      AND k.stopped_at IS NULL AND k.paused_at IS NULL AND k.due_at IS NOT NULL AND k.remains IS NOT NULL
    ORDER BY k.id LIMIT most
$$;

-- Clocks that run out at another time, as a list: an event tells of it in each case, and who is to hear that it is late
-- begins anew. Where only who hears next hears at another time, it goes on from where it was. One that was stopped, paused
-- or reckoned meanwhile, or of which more have heard, stays as it is.
CREATE FUNCTION reckon_clocks(changes text) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    of_team recipient;
    moved int;
    done int := 0;
BEGIN
    IF NOT caller_can('frameworks:manage') THEN
        RAISE EXCEPTION 'only those who keep the calendars recompute clocks' USING ERRCODE = 'insufficient_privilege';
    END IF;
    FOR of_team IN
        SELECT p.* FROM recipient p
        WHERE p.id IN (SELECT k.recipient_id FROM jsonb_array_elements(changes::jsonb) c
                       JOIN running_clock k ON k.id = (c->>'id')::uuid)
        ORDER BY p.referral_id, p.id
    LOOP
        PERFORM FROM referral r WHERE r.id = of_team.referral_id FOR NO KEY UPDATE;
        UPDATE running_clock k SET due_at = c.due_at, rungs = c.rungs, rungs_at = c.rungs_at,
            next_at = c.rungs_at[CASE WHEN k.due_at = c.due_at THEN coalesce(k.climbed, 0) ELSE 0 END + 1],
            climbed = CASE WHEN k.due_at = c.due_at THEN k.climbed END,
            told = CASE WHEN k.due_at = c.due_at THEN k.told END,
            told_at = CASE WHEN k.due_at = c.due_at THEN k.told_at END
        FROM jsonb_to_recordset(changes::jsonb)
            c (id uuid, was_due_at timestamptz, due_at timestamptz, was_climbed int, rungs text[], rungs_at timestamptz[])
        WHERE k.id = c.id AND k.recipient_id = of_team.id AND k.due_at = c.was_due_at
          AND coalesce(k.climbed, 0) = c.was_climbed
          AND k.stopped_at IS NULL AND k.paused_at IS NULL;
        GET DIAGNOSTICS moved = ROW_COUNT;
        CONTINUE WHEN moved = 0;
        done := done + moved;
        UPDATE recipient p SET events = p.events + 1, due_at = (
            SELECT min(k.due_at) FROM running_clock k
            WHERE k.recipient_id = p.id AND k.stopped_at IS NULL AND k.paused_at IS NULL AND NOT k.provisional)
        WHERE p.id = of_team.id RETURNING p.* INTO of_team;
        INSERT INTO referral_event (id, referral_id, recipient_id, position, name, part, at, recorded_at, by_id,
                                    by_agency_id, updated_at, version, acl, routes)
        VALUES (gen_random_uuid(), of_team.referral_id, of_team.id, of_team.events, 'clocks_recomputed', 'none',
                caller_now(), caller_now(), caller_principal(), caller_agency(), caller_now(), 1, '{}', '{}');
    END LOOP;
    RETURN done;
END
$$;

-- What a supporter's team sees of a matter by the victim's authority: rows of its own, with its own key.

CREATE FUNCTION supported_matter_keys() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    SELECT ARRAY[case_capability('summary', NEW.agency_id, CASE WHEN t.narrow THEN t.id END, NULL, NULL, NULL)]
    INTO NEW.acl FROM team t WHERE t.id = NEW.team_id;
    RETURN NEW;
END
$$;

-- A supporter's team hears that there is something to look at; the words name nobody, no matter and no case.
CREATE FUNCTION tell_supporters(team uuid, words text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (caller_now() AT TIME ZONE 'Europe/London')::date;
    it team;
BEGIN
    SELECT t.* INTO it FROM team t WHERE t.id = tell_supporters.team;
    INSERT INTO notice (id, person_id, at, kind, says)
    SELECT gen_random_uuid(), p.person_id, clock_timestamp(), 'support_changed', format(words, it.name)
    FROM team_member m CROSS JOIN LATERAL principal_today(m.membership_id, today) p
    WHERE m.team_id = it.id AND 'referrals:summary' = ANY (p.scopes)
      AND NOT EXISTS (  -- of two suspects in one transaction
          SELECT FROM notice n WHERE n.person_id = p.person_id AND n.kind = 'support_changed'
            AND n.says = format(words, it.name) AND n.at >= transaction_timestamp());
    IF it.inbox IS NOT NULL THEN
        PERFORM post_to_team(it.id);
    END IF;
END
$$;

-- One suspect's matter as the victim has been told of it, for all whom she lets see it. Only who works on the case says so.
CREATE FUNCTION show_supporters(track uuid, told text, said text, court_days date[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (caller_now() AT TIME ZONE 'Europe/London')::date;
    seen uuid[];
BEGIN
    WITH changed AS (
        INSERT INTO supported_matter AS m (id, referral_id, authority_id, recipient_id, agency_id, team_id, reference, suspect,
                                           state, says, days, from_on, until_on, updated_at, version, acl)
        SELECT gen_random_uuid(), r.id, a.id, p.id, a.agency_id, a.team_id, r.reference, p.suspect, told, said, court_days,
               a.from_on, a.until_on, caller_now(), 1, '{}'
        FROM recipient p JOIN referral r ON r.id = p.referral_id JOIN support_authority a ON a.referral_id = r.id
        WHERE p.id = track AND p.suspect IS NOT NULL AND a.revoked_on IS NULL
          AND caller_can('referrals:work') AND r.acl && caller_keys() AND given_to_caller(r.acl, r.routes)
        ON CONFLICT (authority_id, recipient_id) DO UPDATE SET state = told, says = said, days = court_days
        WHERE (m.state, m.says, m.days) IS DISTINCT FROM (told, said, court_days)
        RETURNING m.team_id, m.from_on, m.until_on
    )
    SELECT array_agg(DISTINCT c.team_id) INTO seen FROM changed c
    WHERE today BETWEEN c.from_on AND coalesce(c.until_on, today);
    PERFORM tell_supporters(team, '%s: something has changed in a matter of somebody you support.')
    FROM unnest(seen) team;
END
$$;

-- She takes it back: what was shown is gone.
CREATE FUNCTION support_revoked() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM supported_matter WHERE authority_id = NEW.id;
    IF FOUND AND NEW.from_on <= (caller_now() AT TIME ZONE 'Europe/London')::date THEN
        PERFORM tell_supporters(NEW.team_id, '%s: you are shown a matter of somebody you support no longer.');
    END IF;
    RETURN NULL;
END
$$;

-- A team becomes narrower than its agency, or no longer is.
CREATE FUNCTION narrow_team_support() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE supported_matter SET acl = acl WHERE team_id = NEW.id;
    RETURN NULL;
END
$$;

-- Who is told that something which a prosecutor still needs has not come: the police who are to bring it.

-- The worker asks for it, as often as it likes: each item is called late once, the day after it was due, and a new due day
-- begins anew. Where nobody of the police team is there to hear, the prosecutors' team does. While the police cannot see the
-- case, as when their power ended, it waits.
CREATE FUNCTION remind_of_plan_items(moment timestamptz) RETURNS int LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    today date := (moment AT TIME ZONE 'Europe/London')::date;
    item plan_item;
    it referral;
    of_team recipient;
    words text;
    said int := 0;
BEGIN
    FOR item IN
        SELECT i.* FROM plan_item i JOIN recipient p ON p.id = i.recipient_id JOIN referral r ON r.id = i.referral_id
        WHERE i.state = 'open' AND i.due_on < today AND p.is_open
          AND NOT EXISTS (SELECT FROM reminder d
                          WHERE d.kind = 'plan_item_late' AND d.about_id = i.id AND d.day = i.due_on)
          AND has_case(r, r.sender_agency_id, r.sender_team_id, moment)
        ORDER BY i.due_on, i.id LIMIT 200
    LOOP
        INSERT INTO reminder (kind, about_id, day, at) VALUES ('plan_item_late', item.id, item.due_on, moment)
        ON CONFLICT DO NOTHING;
        CONTINUE WHEN NOT FOUND;
        SELECT * INTO it FROM referral r WHERE r.id = item.referral_id;
        SELECT * INTO of_team FROM recipient p WHERE p.id = item.recipient_id;
        words := format('Late: something that prosecutors need of %s, by %s.',
            (SELECT t.name FROM team t WHERE t.id = it.sender_team_id), to_char(item.due_on, 'FMDD FMMonth YYYY'));
        IF tell_of_case(it, it.sender_team_id, it.kept_by_id, 'team', 'action_late', words, NULL, moment) = 0 THEN
            PERFORM tell_of_case(it, of_team.team_id, of_team.allocated_to_id, 'team', 'action_late', words, NULL, moment);
        END IF;
        said := said + 1;
    END LOOP;
    RETURN said;
END
$$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;

GRANT EXECUTE ON FUNCTION context_home(), caller_keys(), caller_keys(text), caller_closed(), caller_principal(), caller_agency(), caller_person(), caller_self(), caller_client(), caller_request(), caller_now(), caller_can(text), caller_scopes(), caller_session(), caller_today(), in_good_standing(uuid,date), roles_today(uuid,date), lives(membership,date), grantable(uuid,text), administrators_of(uuid,date), too_few_in(uuid,uuid), role_excluded(uuid,text), partnership_administered(), touch_row(), count_row(), changed_part(jsonb,jsonb), caller_agencies(), keys_mark(), keys_mark_holds(text), gateways_on(date), agreement_version_now(uuid,timestamptz), agreement_state(uuid,timestamptz), agreement_standing(uuid,timestamptz), agreement_answer(uuid,uuid,uuid,text,text[],timestamptz), agreement_for(uuid,uuid,text,text[],timestamptz), agreement_near(uuid,uuid,text,text[],timestamptz), access_decision(int[],text[]), access_powers(text,text[]), audience_mark(uuid), high_risk(uuid), given_to_caller(int[],int[]) TO portal_runtime, portal_auth;

GRANT EXECUTE ON FUNCTION caller_context() TO portal_runtime;

GRANT EXECUTE ON FUNCTION principal_today(uuid,date) TO portal_auth;

GRANT EXECUTE ON FUNCTION consented(uuid,text[],date) TO portal_auth;

GRANT EXECUTE ON FUNCTION open_caller(bytea,text,bytea,timestamptz,uuid,uuid,timestamptz,uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION open_command_caller(uuid,uuid,timestamptz) TO portal_command;

GRANT EXECUTE ON FUNCTION tell_owner(uuid,text) TO portal_runtime;

GRANT EXECUTE ON FUNCTION client_rests(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION accept_client(uuid,integer) TO portal_runtime;

GRANT EXECUTE ON FUNCTION refuse_client(uuid,integer,text,boolean) TO portal_runtime;

GRANT EXECUTE ON FUNCTION caller_memberships(date) TO portal_runtime;

GRANT EXECUTE ON FUNCTION hold_agency(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION withdraw_role(uuid,text) TO portal_runtime;

GRANT EXECUTE ON FUNCTION end_membership(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION sign_out_member(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION end_member_session(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION tell_member(uuid,text,text) TO portal_runtime;

GRANT EXECUTE ON FUNCTION tell_administrators(uuid,text,text) TO portal_runtime;

GRANT EXECUTE ON FUNCTION belongs_elsewhere(uuid,date) TO portal_runtime;

GRANT EXECUTE ON FUNCTION leads_team(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION work_of_team(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION end_team(uuid,uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION leave_team(uuid,uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION tell_of_team(uuid,uuid,text) TO portal_runtime;

GRANT EXECUTE ON FUNCTION accept_invitation(bytea,text,uuid,uuid,date) TO portal_auth;

GRANT EXECUTE ON FUNCTION open_session_caller(bytea,uuid,timestamptz) TO portal_runtime;

GRANT EXECUTE ON FUNCTION sign_in_vouches(uuid,uuid) TO portal_auth;

GRANT EXECUTE ON FUNCTION note_sign_in(uuid) TO portal_auth;

GRANT EXECUTE ON FUNCTION take_guess(text,text,text,text,timestamptz) TO portal_auth;

GRANT EXECUTE ON FUNCTION forget_guesses(text,text,text,text) TO portal_auth;

GRANT EXECUTE ON FUNCTION map_roles(uuid,uuid,text[]) TO portal_auth;

GRANT EXECUTE ON FUNCTION succeed_agency(uuid,uuid,date) TO portal_runtime;

GRANT EXECUTE ON FUNCTION forget_records(text,integer) TO portal_auth;

GRANT EXECUTE ON FUNCTION hold_initiative(uuid,boolean) TO portal_runtime;

GRANT EXECUTE ON FUNCTION heard_since(uuid,uuid,timestamptz) TO portal_runtime;

GRANT EXECUTE ON FUNCTION remind(timestamptz) TO portal_worker;

GRANT EXECUTE ON FUNCTION work_left_by(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION hold_agreement(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION access_rules(int[],text,text[]) TO portal_runtime;

GRANT EXECUTE ON FUNCTION access_missing(int[],int[],text[]) TO portal_runtime;

GRANT EXECUTE ON FUNCTION set_mail(text,text,text) TO portal_runtime;

GRANT EXECUTE ON FUNCTION confirm_mail(text) TO portal_runtime;

GRANT EXECUTE ON FUNCTION take_messages(integer,integer) TO portal_worker;

GRANT EXECUTE ON FUNCTION mark_message(uuid,uuid,text,text) TO portal_worker;

GRANT EXECUTE ON FUNCTION release_messages(uuid[],integer) TO portal_worker;

GRANT EXECUTE ON FUNCTION hold_referral(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION steering_codes(uuid,text[]) TO portal_runtime;

GRANT EXECUTE ON FUNCTION caller_urgent() TO portal_runtime;

GRANT EXECUTE ON FUNCTION consult(uuid,text) TO portal_runtime;

GRANT EXECUTE ON FUNCTION consult_listed(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION case_totals(text,int) TO portal_runtime;

GRANT EXECUTE ON FUNCTION charging_totals(int) TO portal_runtime;

GRANT EXECUTE ON FUNCTION referral_audience(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION own_keys_some_lose(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION keys_after(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION ways_shut_by(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION own_keys_after(text,uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION agreement_stops(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION passes_from_caller(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION passes_to_caller(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION emergency_barred() TO portal_runtime;

GRANT EXECUTE ON FUNCTION guardians_known(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION disclosures_full(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION escalate_disclosures(timestamptz) TO portal_worker;

GRANT EXECUTE ON FUNCTION team_takes_cases(uuid) TO portal_runtime;

GRANT EXECUTE ON FUNCTION tell_late_totals(timestamptz) TO portal_worker;

GRANT EXECUTE ON FUNCTION tell_party(uuid,boolean,text) TO portal_runtime;

GRANT EXECUTE ON FUNCTION escalate(timestamptz) TO portal_worker;

GRANT EXECUTE ON FUNCTION remind_of_case_actions(timestamptz) TO portal_worker;

GRANT EXECUTE ON FUNCTION remind_of_agreements(timestamptz) TO portal_worker;

GRANT EXECUTE ON FUNCTION running_clocks(uuid,integer) TO portal_runtime;

GRANT EXECUTE ON FUNCTION reckon_clocks(text) TO portal_runtime;

GRANT EXECUTE ON FUNCTION remind_of_plan_items(timestamptz) TO portal_worker;

GRANT EXECUTE ON FUNCTION show_supporters(uuid,text,text,date[]) TO portal_runtime;

ALTER TABLE area ENABLE ROW LEVEL SECURITY;

ALTER TABLE area FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON area FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON area FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON area TO portal_runtime;

ALTER TABLE area_part ENABLE ROW LEVEL SECURITY;

ALTER TABLE area_part FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON area_part FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON area_part FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON area_part TO portal_runtime;

ALTER TABLE agency ENABLE ROW LEVEL SECURITY;

ALTER TABLE agency FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON agency FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON agency FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON agency TO portal_auth;

CREATE POLICY see ON agency FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON agency TO portal_runtime;

CREATE TRIGGER b_touch BEFORE UPDATE ON agency FOR EACH ROW EXECUTE FUNCTION count_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON agency FOR EACH ROW EXECUTE FUNCTION record_change('Agency', '', 'everyone');

ALTER TABLE agency_area ENABLE ROW LEVEL SECURITY;

ALTER TABLE agency_area FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON agency_area FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON agency_area FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON agency_area TO portal_runtime;

ALTER TABLE person ENABLE ROW LEVEL SECURITY;

ALTER TABLE person FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON person FOR ALL TO portal_owner USING (true) WITH CHECK (true);

ALTER TABLE membership ENABLE ROW LEVEL SECURITY;

ALTER TABLE membership FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON membership FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON membership FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON membership TO portal_auth;

CREATE POLICY see ON membership FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON membership TO portal_runtime;

CREATE TRIGGER b_touch BEFORE UPDATE OF person_id, agency_id, starts_on, ends_on, ended_at ON membership FOR EACH ROW EXECUTE FUNCTION count_row();

ALTER TABLE membership_role ENABLE ROW LEVEL SECURITY;

ALTER TABLE membership_role FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON membership_role FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON membership_role FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON membership_role TO portal_auth;

CREATE POLICY see ON membership_role FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON membership_role TO portal_runtime;

ALTER TABLE membership_name ENABLE ROW LEVEL SECURITY;

ALTER TABLE membership_name FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON membership_name FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON membership_name FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON membership_name TO portal_auth;

CREATE POLICY see ON membership_name FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON membership_name TO portal_runtime;

ALTER TABLE team ENABLE ROW LEVEL SECURITY;

ALTER TABLE team FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON team FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON team FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON team TO portal_runtime;

CREATE POLICY add ON team FOR INSERT TO portal_runtime WITH CHECK (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_self()) IS NOT NULL);

GRANT INSERT ON team TO portal_runtime;

CREATE POLICY change ON team FOR UPDATE TO portal_runtime USING (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_self()) IS NOT NULL) WITH CHECK (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_self()) IS NOT NULL);

GRANT UPDATE ON team TO portal_runtime;

CREATE TRIGGER b_touch BEFORE UPDATE ON team FOR EACH ROW EXECUTE FUNCTION count_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON team FOR EACH ROW EXECUTE FUNCTION record_change('Team', '', 'everyone');

ALTER TABLE team_member ENABLE ROW LEVEL SECURITY;

ALTER TABLE team_member FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON team_member FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON team_member FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON team_member TO portal_runtime;

CREATE POLICY add ON team_member FOR INSERT TO portal_runtime WITH CHECK (((agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage'))) OR (NOT leads AND leads_team(team_id))) AND EXISTS (SELECT FROM membership m WHERE m.id = membership_id AND m.agency_id = team_member.agency_id AND m.person_id <> (SELECT caller_self())));

GRANT INSERT ON team_member TO portal_runtime;

CREATE POLICY change ON team_member FOR UPDATE TO portal_runtime USING (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage')) AND EXISTS (SELECT FROM membership m WHERE m.id = membership_id AND m.agency_id = team_member.agency_id AND m.person_id <> (SELECT caller_self()))) WITH CHECK (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage')) AND EXISTS (SELECT FROM membership m WHERE m.id = membership_id AND m.agency_id = team_member.agency_id AND m.person_id <> (SELECT caller_self())));

GRANT UPDATE ON team_member TO portal_runtime;

ALTER TABLE role_scope ENABLE ROW LEVEL SECURITY;

ALTER TABLE role_scope FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON role_scope FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON role_scope FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON role_scope TO portal_auth;

CREATE POLICY see ON role_scope FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON role_scope TO portal_runtime;

ALTER TABLE capability ENABLE ROW LEVEL SECURITY;

ALTER TABLE capability FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON capability FOR ALL TO portal_owner USING (true) WITH CHECK (true);

ALTER TABLE auth_secret.context_key ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_secret.context_key FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_secret.context_key FOR ALL TO portal_owner USING (true) WITH CHECK (true);

ALTER TABLE client ENABLE ROW LEVEL SECURITY;

ALTER TABLE client FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON client FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON client FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON client TO portal_auth;

CREATE POLICY see ON client FOR SELECT TO portal_runtime USING (agency_id = (SELECT caller_agency()));

GRANT SELECT ON client TO portal_runtime;

CREATE POLICY add ON client FOR INSERT TO portal_runtime WITH CHECK (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_self()) IS NOT NULL AND EXISTS (SELECT FROM membership m WHERE m.id = owner_membership_id AND m.agency_id = client.agency_id));

GRANT INSERT ON client TO portal_runtime;

CREATE POLICY change ON client FOR UPDATE TO portal_runtime USING (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_self()) IS NOT NULL) WITH CHECK (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_self()) IS NOT NULL);

GRANT UPDATE ON client TO portal_runtime;

CREATE TRIGGER b_touch BEFORE UPDATE ON client FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE client_acceptance ENABLE ROW LEVEL SECURITY;

ALTER TABLE client_acceptance FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON client_acceptance FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON client_acceptance FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON client_acceptance TO portal_auth;

CREATE POLICY see ON client_acceptance FOR SELECT TO portal_runtime USING (EXISTS (SELECT FROM client c WHERE c.id = client_acceptance.id AND c.agency_id = (SELECT caller_agency())));

GRANT SELECT ON client_acceptance TO portal_runtime;

ALTER TABLE client_key ENABLE ROW LEVEL SECURITY;

ALTER TABLE client_key FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON client_key FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON client_key FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON client_key TO portal_auth;

CREATE POLICY see ON client_key FOR SELECT TO portal_runtime USING ((EXISTS (SELECT FROM client c WHERE c.id = client_id AND c.agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage')))) OR EXISTS (SELECT FROM client c WHERE c.id = client_id AND c.owner_membership_id = (SELECT caller_principal())));

GRANT SELECT ON client_key TO portal_runtime;

CREATE POLICY add ON client_key FOR INSERT TO portal_runtime WITH CHECK (EXISTS (SELECT FROM client c WHERE c.id = client_id AND c.agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage'))) AND (SELECT caller_self()) IS NOT NULL);

GRANT INSERT ON client_key TO portal_runtime;

CREATE POLICY change ON client_key FOR UPDATE TO portal_runtime USING (EXISTS (SELECT FROM client c WHERE c.id = client_id AND c.agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage'))) AND (SELECT caller_self()) IS NOT NULL) WITH CHECK (EXISTS (SELECT FROM client c WHERE c.id = client_id AND c.agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage'))) AND (SELECT caller_self()) IS NOT NULL);

GRANT UPDATE ON client_key TO portal_runtime;

CREATE TRIGGER a_fixed BEFORE UPDATE ON client_key FOR EACH ROW EXECUTE FUNCTION keep_client_key();

CREATE TRIGGER z_touch AFTER INSERT ON client_key FOR EACH ROW EXECUTE FUNCTION touch_client_of_key();

ALTER TABLE client_use ENABLE ROW LEVEL SECURITY;

ALTER TABLE client_use FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON client_use FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON client_use FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON client_use TO portal_auth;

CREATE POLICY auth_insert ON client_use FOR INSERT TO portal_auth WITH CHECK (true);

GRANT INSERT ON client_use TO portal_auth;

CREATE POLICY auth_update ON client_use FOR UPDATE TO portal_auth USING (true) WITH CHECK (true);

GRANT UPDATE ON client_use TO portal_auth;

CREATE POLICY see ON client_use FOR SELECT TO portal_runtime USING (EXISTS (SELECT FROM client c WHERE c.id = client_id AND c.agency_id = (SELECT caller_agency())));

GRANT SELECT ON client_use TO portal_runtime;

ALTER TABLE auth_secret.access_token ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_secret.access_token FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_secret.access_token FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON auth_secret.access_token FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON auth_secret.access_token TO portal_auth;

CREATE POLICY auth_insert ON auth_secret.access_token FOR INSERT TO portal_auth WITH CHECK (CASE kind WHEN 'client' THEN principal_id = client_id ELSE EXISTS (SELECT FROM consent c WHERE c.id = consent_id AND c.ended_at IS NULL AND c.membership_id = principal_id AND c.client_id = access_token.client_id AND access_token.scopes <@ c.scopes) END);

GRANT INSERT ON auth_secret.access_token TO portal_auth;

CREATE POLICY auth_update ON auth_secret.access_token FOR UPDATE TO portal_auth USING (true) WITH CHECK (revoked_at IS NOT NULL);

GRANT UPDATE ON auth_secret.access_token TO portal_auth;

CREATE POLICY auth_delete ON auth_secret.access_token FOR DELETE TO portal_auth USING (true);

GRANT DELETE ON auth_secret.access_token TO portal_auth;

ALTER TABLE auth_secret.seen_proof ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_secret.seen_proof FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_secret.seen_proof FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON auth_secret.seen_proof FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON auth_secret.seen_proof TO portal_auth;

CREATE POLICY auth_insert ON auth_secret.seen_proof FOR INSERT TO portal_auth WITH CHECK (true);

GRANT INSERT ON auth_secret.seen_proof TO portal_auth;

CREATE POLICY auth_delete ON auth_secret.seen_proof FOR DELETE TO portal_auth USING (true);

GRANT DELETE ON auth_secret.seen_proof TO portal_auth;

ALTER TABLE auth_secret.seen_assertion ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_secret.seen_assertion FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_secret.seen_assertion FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON auth_secret.seen_assertion FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON auth_secret.seen_assertion TO portal_auth;

CREATE POLICY auth_insert ON auth_secret.seen_assertion FOR INSERT TO portal_auth WITH CHECK (true);

GRANT INSERT ON auth_secret.seen_assertion TO portal_auth;

CREATE POLICY auth_delete ON auth_secret.seen_assertion FOR DELETE TO portal_auth USING (true);

GRANT DELETE ON auth_secret.seen_assertion TO portal_auth;

ALTER TABLE consent ENABLE ROW LEVEL SECURITY;

ALTER TABLE consent FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON consent FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON consent FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON consent TO portal_auth;

CREATE POLICY auth_insert ON consent FOR INSERT TO portal_auth WITH CHECK (EXISTS (SELECT FROM membership m JOIN client k ON k.agency_id = m.agency_id WHERE m.id = consent.membership_id AND m.person_id = consent.person_id AND k.id = consent.client_id AND k.ended_at IS NULL));

GRANT INSERT ON consent TO portal_auth;

CREATE POLICY auth_update ON consent FOR UPDATE TO portal_auth USING (true) WITH CHECK (ended_at IS NOT NULL);

GRANT UPDATE ON consent TO portal_auth;

CREATE POLICY see ON consent FOR SELECT TO portal_runtime USING (person_id = (SELECT caller_self()));

GRANT SELECT ON consent TO portal_runtime;

CREATE POLICY change ON consent FOR UPDATE TO portal_runtime USING (person_id = (SELECT caller_self())) WITH CHECK (person_id = (SELECT caller_self()) AND ended_at IS NOT NULL);

GRANT UPDATE ON consent TO portal_runtime;

ALTER TABLE auth_secret.pushed_request ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_secret.pushed_request FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_secret.pushed_request FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON auth_secret.pushed_request FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON auth_secret.pushed_request TO portal_auth;

CREATE POLICY auth_insert ON auth_secret.pushed_request FOR INSERT TO portal_auth WITH CHECK (true);

GRANT INSERT ON auth_secret.pushed_request TO portal_auth;

CREATE POLICY auth_update ON auth_secret.pushed_request FOR UPDATE TO portal_auth USING (true) WITH CHECK (true);

GRANT UPDATE ON auth_secret.pushed_request TO portal_auth;

CREATE POLICY auth_delete ON auth_secret.pushed_request FOR DELETE TO portal_auth USING (true);

GRANT DELETE ON auth_secret.pushed_request TO portal_auth;

ALTER TABLE auth_secret.authorization_code ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_secret.authorization_code FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_secret.authorization_code FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON auth_secret.authorization_code FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON auth_secret.authorization_code TO portal_auth;

CREATE POLICY auth_insert ON auth_secret.authorization_code FOR INSERT TO portal_auth WITH CHECK (EXISTS (SELECT FROM consent c WHERE c.id = consent_id AND c.ended_at IS NULL));

GRANT INSERT ON auth_secret.authorization_code TO portal_auth;

CREATE POLICY auth_update ON auth_secret.authorization_code FOR UPDATE TO portal_auth USING (true) WITH CHECK (true);

GRANT UPDATE ON auth_secret.authorization_code TO portal_auth;

CREATE POLICY auth_delete ON auth_secret.authorization_code FOR DELETE TO portal_auth USING (true);

GRANT DELETE ON auth_secret.authorization_code TO portal_auth;

ALTER TABLE auth_secret.refresh_token ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_secret.refresh_token FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_secret.refresh_token FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON auth_secret.refresh_token FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON auth_secret.refresh_token TO portal_auth;

CREATE POLICY auth_insert ON auth_secret.refresh_token FOR INSERT TO portal_auth WITH CHECK (EXISTS (SELECT FROM consent c WHERE c.id = consent_id AND c.ended_at IS NULL));

GRANT INSERT ON auth_secret.refresh_token TO portal_auth;

CREATE POLICY auth_delete ON auth_secret.refresh_token FOR DELETE TO portal_auth USING (true);

GRANT DELETE ON auth_secret.refresh_token TO portal_auth;

ALTER TABLE role_trait ENABLE ROW LEVEL SECURITY;

ALTER TABLE role_trait FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON role_trait FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON role_trait FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON role_trait TO portal_runtime;

ALTER TABLE grantable_roles ENABLE ROW LEVEL SECURITY;

ALTER TABLE grantable_roles FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON grantable_roles FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON grantable_roles FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON grantable_roles TO portal_runtime;

CREATE POLICY add ON grantable_roles FOR INSERT TO portal_runtime WITH CHECK ((SELECT caller_can('partnership:manage')) AND (SELECT caller_self()) IS NOT NULL AND set_by_id = (SELECT caller_principal()));

GRANT INSERT ON grantable_roles TO portal_runtime;

CREATE POLICY change ON grantable_roles FOR UPDATE TO portal_runtime USING ((SELECT caller_can('partnership:manage')) AND (SELECT caller_self()) IS NOT NULL AND set_by_id = (SELECT caller_principal())) WITH CHECK ((SELECT caller_can('partnership:manage')) AND (SELECT caller_self()) IS NOT NULL AND set_by_id = (SELECT caller_principal()));

GRANT UPDATE ON grantable_roles TO portal_runtime;

CREATE POLICY remove ON grantable_roles FOR DELETE TO portal_runtime USING ((SELECT caller_can('partnership:manage')) AND (SELECT caller_self()) IS NOT NULL);

GRANT DELETE ON grantable_roles TO portal_runtime;

ALTER TABLE standing ENABLE ROW LEVEL SECURITY;

ALTER TABLE standing FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON standing FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON standing FOR SELECT TO portal_runtime USING (EXISTS (SELECT FROM membership m WHERE m.id = membership_id AND (m.person_id = (SELECT caller_person()) OR m.agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL)));

GRANT SELECT ON standing TO portal_runtime;

CREATE POLICY add ON standing FOR INSERT TO portal_runtime WITH CHECK (EXISTS (SELECT FROM membership m WHERE m.id = membership_id AND m.agency_id = (SELECT caller_agency()) AND m.person_id <> (SELECT caller_person())) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL AND (SELECT caller_self()) IS NOT NULL);

GRANT INSERT ON standing TO portal_runtime;

CREATE POLICY change ON standing FOR UPDATE TO portal_runtime USING (EXISTS (SELECT FROM membership m WHERE m.id = membership_id AND m.agency_id = (SELECT caller_agency()) AND m.person_id <> (SELECT caller_person())) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL AND (SELECT caller_self()) IS NOT NULL) WITH CHECK (EXISTS (SELECT FROM membership m WHERE m.id = membership_id AND m.agency_id = (SELECT caller_agency()) AND m.person_id <> (SELECT caller_person())) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL AND (SELECT caller_self()) IS NOT NULL);

GRANT UPDATE ON standing TO portal_runtime;

ALTER TABLE role_request ENABLE ROW LEVEL SECURITY;

ALTER TABLE role_request FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON role_request FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON role_request FOR SELECT TO portal_runtime USING (person_id = (SELECT caller_person()) OR asked_by_id = (SELECT caller_principal()) OR (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL));

GRANT SELECT ON role_request TO portal_runtime;

CREATE POLICY add ON role_request FOR INSERT TO portal_runtime WITH CHECK (asked_by_id = (SELECT caller_principal()) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL AND (SELECT caller_self()) IS NOT NULL);

GRANT INSERT ON role_request TO portal_runtime;

CREATE POLICY change ON role_request FOR UPDATE TO portal_runtime USING (((agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL) OR (asked_by_id = (SELECT caller_principal()) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL)) AND (SELECT caller_self()) IS NOT NULL) WITH CHECK (((agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL) OR (asked_by_id = (SELECT caller_principal()) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL)) AND (SELECT caller_self()) IS NOT NULL);

GRANT UPDATE ON role_request TO portal_runtime;

CREATE TRIGGER a_check BEFORE INSERT OR UPDATE ON role_request FOR EACH ROW EXECUTE FUNCTION check_role_request();

CREATE TRIGGER z_give AFTER INSERT OR UPDATE ON role_request FOR EACH ROW WHEN (NEW.state IN ('given', 'confirmed')) EXECUTE FUNCTION give_role();

ALTER TABLE invitation ENABLE ROW LEVEL SECURITY;

ALTER TABLE invitation FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON invitation FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON invitation FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON invitation TO portal_auth;

CREATE POLICY see ON invitation FOR SELECT TO portal_runtime USING ((agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL) OR (rebinds_id IS NOT NULL AND (SELECT caller_can('partnership:manage')) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL));

GRANT SELECT ON invitation TO portal_runtime;

CREATE POLICY add ON invitation FOR INSERT TO portal_runtime WITH CHECK (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL AND (SELECT caller_self()) IS NOT NULL AND made_by_id = (SELECT caller_principal()) AND made_person_id = (SELECT caller_person()) AND (role IS NULL OR (grantable(agency_id, role) AND EXISTS (SELECT FROM role_trait t WHERE t.role = invitation.role AND t.invitable))) AND (rebinds_id IS NULL OR EXISTS (SELECT FROM membership m WHERE m.id = rebinds_id AND m.agency_id = invitation.agency_id AND m.person_id <> (SELECT caller_person()))) AND confirmed_by_id IS NULL AND used_at IS NULL);

GRANT INSERT ON invitation TO portal_runtime;

CREATE POLICY change ON invitation FOR UPDATE TO portal_runtime USING (((agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL) OR (rebinds_id IS NOT NULL AND (SELECT caller_can('partnership:manage')) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL)) AND (SELECT caller_self()) IS NOT NULL) WITH CHECK (((agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL) OR (rebinds_id IS NOT NULL AND (SELECT caller_can('partnership:manage')) AND (SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL)) AND (SELECT caller_self()) IS NOT NULL);

GRANT UPDATE ON invitation TO portal_runtime;

CREATE TRIGGER a_check BEFORE UPDATE ON invitation FOR EACH ROW EXECUTE FUNCTION check_invitation();

ALTER TABLE browser_session ENABLE ROW LEVEL SECURITY;

ALTER TABLE browser_session FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON browser_session FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON browser_session FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON browser_session TO portal_auth;

CREATE POLICY auth_insert ON browser_session FOR INSERT TO portal_auth WITH CHECK (membership_id IS NULL OR EXISTS (SELECT FROM membership m WHERE m.id = membership_id AND m.person_id = browser_session.person_id));

GRANT INSERT ON browser_session TO portal_auth;

CREATE POLICY auth_update ON browser_session FOR UPDATE TO portal_auth USING (true) WITH CHECK (membership_id IS NULL OR EXISTS (SELECT FROM membership m WHERE m.id = membership_id AND m.person_id = browser_session.person_id));

GRANT UPDATE ON browser_session TO portal_auth;

CREATE POLICY auth_delete ON browser_session FOR DELETE TO portal_auth USING (true);

GRANT DELETE ON browser_session TO portal_auth;

CREATE POLICY see ON browser_session FOR SELECT TO portal_runtime USING (person_id = (SELECT caller_self()) OR ((SELECT caller_self()) IS NOT NULL AND (SELECT caller_can('agencies:manage')) AND EXISTS (SELECT FROM membership m WHERE m.id = membership_id AND m.agency_id = (SELECT caller_agency()))));

GRANT SELECT ON browser_session TO portal_runtime;

CREATE POLICY change ON browser_session FOR UPDATE TO portal_runtime USING (person_id = (SELECT caller_self())) WITH CHECK (person_id = (SELECT caller_self()) AND ended_at IS NOT NULL);

GRANT UPDATE ON browser_session TO portal_runtime;

ALTER TABLE auth_secret.session_secret ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_secret.session_secret FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_secret.session_secret FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON auth_secret.session_secret FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON auth_secret.session_secret TO portal_auth;

CREATE POLICY auth_insert ON auth_secret.session_secret FOR INSERT TO portal_auth WITH CHECK (EXISTS (SELECT FROM browser_session b WHERE b.id = session_id AND b.ended_at IS NULL));

GRANT INSERT ON auth_secret.session_secret TO portal_auth;

CREATE POLICY auth_update ON auth_secret.session_secret FOR UPDATE TO portal_auth USING (true) WITH CHECK (EXISTS (SELECT FROM browser_session b WHERE b.id = session_id AND b.ended_at IS NULL));

GRANT UPDATE ON auth_secret.session_secret TO portal_auth;

CREATE POLICY auth_delete ON auth_secret.session_secret FOR DELETE TO portal_auth USING (true);

GRANT DELETE ON auth_secret.session_secret TO portal_auth;

ALTER TABLE notice ENABLE ROW LEVEL SECURITY;

ALTER TABLE notice FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON notice FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_insert ON notice FOR INSERT TO portal_auth WITH CHECK (read_at IS NULL);

GRANT INSERT ON notice TO portal_auth;

CREATE POLICY see ON notice FOR SELECT TO portal_runtime USING (person_id = (SELECT caller_self()));

GRANT SELECT ON notice TO portal_runtime;

CREATE POLICY change ON notice FOR UPDATE TO portal_runtime USING (person_id = (SELECT caller_self())) WITH CHECK (person_id = (SELECT caller_self()));

GRANT UPDATE ON notice TO portal_runtime;

CREATE TRIGGER z_post AFTER INSERT ON notice FOR EACH ROW EXECUTE FUNCTION post_notice();

ALTER TABLE auth_event ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_event FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_event FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_insert ON auth_event FOR INSERT TO portal_auth WITH CHECK (true);

GRANT INSERT ON auth_event TO portal_auth;

CREATE POLICY see ON auth_event FOR SELECT TO portal_runtime USING (person_id = (SELECT caller_self()) OR (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('audit:read'))));

GRANT SELECT ON auth_event TO portal_runtime;

ALTER TABLE credential ENABLE ROW LEVEL SECURITY;

ALTER TABLE credential FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON credential FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON credential FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON credential TO portal_auth;

CREATE POLICY auth_insert ON credential FOR INSERT TO portal_auth WITH CHECK (EXISTS (SELECT FROM auth_secret.account a WHERE a.person_id = credential.person_id));

GRANT INSERT ON credential TO portal_auth;

CREATE POLICY auth_update ON credential FOR UPDATE TO portal_auth USING (true) WITH CHECK (EXISTS (SELECT FROM auth_secret.account a WHERE a.person_id = credential.person_id));

GRANT UPDATE ON credential TO portal_auth;

CREATE POLICY auth_delete ON credential FOR DELETE TO portal_auth USING (true);

GRANT DELETE ON credential TO portal_auth;

CREATE POLICY see ON credential FOR SELECT TO portal_runtime USING (person_id = (SELECT caller_self()));

GRANT SELECT ON credential TO portal_runtime;

ALTER TABLE auth_secret.account ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_secret.account FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_secret.account FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON auth_secret.account FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON auth_secret.account TO portal_auth;

CREATE POLICY auth_insert ON auth_secret.account FOR INSERT TO portal_auth WITH CHECK (true);

GRANT INSERT ON auth_secret.account TO portal_auth;

ALTER TABLE auth_secret.passkey ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_secret.passkey FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_secret.passkey FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON auth_secret.passkey FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON auth_secret.passkey TO portal_auth;

CREATE POLICY auth_insert ON auth_secret.passkey FOR INSERT TO portal_auth WITH CHECK (EXISTS (SELECT FROM credential c WHERE c.id = credential_id AND c.kind = 'passkey'));

GRANT INSERT ON auth_secret.passkey TO portal_auth;

CREATE POLICY auth_update ON auth_secret.passkey FOR UPDATE TO portal_auth USING (true) WITH CHECK (EXISTS (SELECT FROM credential c WHERE c.id = credential_id AND c.kind = 'passkey'));

GRANT UPDATE ON auth_secret.passkey TO portal_auth;

ALTER TABLE auth_secret.password ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_secret.password FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_secret.password FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON auth_secret.password FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON auth_secret.password TO portal_auth;

CREATE POLICY auth_insert ON auth_secret.password FOR INSERT TO portal_auth WITH CHECK (EXISTS (SELECT FROM credential c WHERE c.id = credential_id AND c.kind = 'password'));

GRANT INSERT ON auth_secret.password TO portal_auth;

ALTER TABLE auth_secret.authenticator ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_secret.authenticator FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_secret.authenticator FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON auth_secret.authenticator FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON auth_secret.authenticator TO portal_auth;

CREATE POLICY auth_insert ON auth_secret.authenticator FOR INSERT TO portal_auth WITH CHECK (EXISTS (SELECT FROM credential c WHERE c.id = credential_id AND c.kind = 'authenticator_app'));

GRANT INSERT ON auth_secret.authenticator TO portal_auth;

CREATE POLICY auth_update ON auth_secret.authenticator FOR UPDATE TO portal_auth USING (true) WITH CHECK (EXISTS (SELECT FROM credential c WHERE c.id = credential_id AND c.kind = 'authenticator_app'));

GRANT UPDATE ON auth_secret.authenticator TO portal_auth;

ALTER TABLE auth_secret.recovery_code ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_secret.recovery_code FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_secret.recovery_code FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON auth_secret.recovery_code FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON auth_secret.recovery_code TO portal_auth;

CREATE POLICY auth_insert ON auth_secret.recovery_code FOR INSERT TO portal_auth WITH CHECK (EXISTS (SELECT FROM credential c WHERE c.id = credential_id AND c.kind = 'recovery_codes'));

GRANT INSERT ON auth_secret.recovery_code TO portal_auth;

CREATE POLICY auth_update ON auth_secret.recovery_code FOR UPDATE TO portal_auth USING (true) WITH CHECK (used_at IS NOT NULL);

GRANT UPDATE ON auth_secret.recovery_code TO portal_auth;

ALTER TABLE auth_secret.challenge ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_secret.challenge FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_secret.challenge FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON auth_secret.challenge FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON auth_secret.challenge TO portal_auth;

CREATE POLICY auth_insert ON auth_secret.challenge FOR INSERT TO portal_auth WITH CHECK (used_at IS NULL);

GRANT INSERT ON auth_secret.challenge TO portal_auth;

CREATE POLICY auth_update ON auth_secret.challenge FOR UPDATE TO portal_auth USING (true) WITH CHECK (used_at IS NOT NULL);

GRANT UPDATE ON auth_secret.challenge TO portal_auth;

CREATE POLICY auth_delete ON auth_secret.challenge FOR DELETE TO portal_auth USING (true);

GRANT DELETE ON auth_secret.challenge TO portal_auth;

ALTER TABLE auth_secret.recovery ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_secret.recovery FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_secret.recovery FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON auth_secret.recovery FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON auth_secret.recovery TO portal_auth;

CREATE POLICY auth_insert ON auth_secret.recovery FOR INSERT TO portal_auth WITH CHECK (expires_at > made_at);

GRANT INSERT ON auth_secret.recovery TO portal_auth;

CREATE POLICY auth_update ON auth_secret.recovery FOR UPDATE TO portal_auth USING (true) WITH CHECK (expires_at > made_at);

GRANT UPDATE ON auth_secret.recovery TO portal_auth;

CREATE POLICY auth_delete ON auth_secret.recovery FOR DELETE TO portal_auth USING (true);

GRANT DELETE ON auth_secret.recovery TO portal_auth;

ALTER TABLE auth_secret.guess ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_secret.guess FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_secret.guess FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON auth_secret.guess FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON auth_secret.guess TO portal_auth;

CREATE POLICY auth_delete ON auth_secret.guess FOR DELETE TO portal_auth USING (true);

GRANT DELETE ON auth_secret.guess TO portal_auth;

ALTER TABLE identity_provider ENABLE ROW LEVEL SECURITY;

ALTER TABLE identity_provider FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON identity_provider FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON identity_provider FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON identity_provider TO portal_auth;

CREATE POLICY see ON identity_provider FOR SELECT TO portal_runtime USING ((SELECT caller_can('partnership:manage')) OR (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agencies:manage'))));

GRANT SELECT ON identity_provider TO portal_runtime;

ALTER TABLE auth_secret.provider_secret ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_secret.provider_secret FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_secret.provider_secret FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON auth_secret.provider_secret FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON auth_secret.provider_secret TO portal_auth;

ALTER TABLE identity ENABLE ROW LEVEL SECURITY;

ALTER TABLE identity FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON identity FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON identity FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON identity TO portal_auth;

CREATE POLICY auth_insert ON identity FOR INSERT TO portal_auth WITH CHECK (true);

GRANT INSERT ON identity TO portal_auth;

CREATE POLICY auth_delete ON identity FOR DELETE TO portal_auth USING (true);

GRANT DELETE ON identity TO portal_auth;

CREATE POLICY see ON identity FOR SELECT TO portal_runtime USING (person_id = (SELECT caller_self()));

GRANT SELECT ON identity TO portal_runtime;

ALTER TABLE role_mapping ENABLE ROW LEVEL SECURITY;

ALTER TABLE role_mapping FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON role_mapping FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON role_mapping FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON role_mapping TO portal_auth;

CREATE POLICY see ON role_mapping FOR SELECT TO portal_runtime USING (EXISTS (SELECT FROM identity_provider p WHERE p.id = provider_id));

GRANT SELECT ON role_mapping TO portal_runtime;

ALTER TABLE auth_secret.partner_sign_in ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_secret.partner_sign_in FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_secret.partner_sign_in FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON auth_secret.partner_sign_in FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON auth_secret.partner_sign_in TO portal_auth;

CREATE POLICY auth_insert ON auth_secret.partner_sign_in FOR INSERT TO portal_auth WITH CHECK (true);

GRANT INSERT ON auth_secret.partner_sign_in TO portal_auth;

CREATE POLICY auth_update ON auth_secret.partner_sign_in FOR UPDATE TO portal_auth USING (true) WITH CHECK (true);

GRANT UPDATE ON auth_secret.partner_sign_in TO portal_auth;

CREATE POLICY auth_delete ON auth_secret.partner_sign_in FOR DELETE TO portal_auth USING (true);

GRANT DELETE ON auth_secret.partner_sign_in TO portal_auth;

ALTER TABLE auth_secret.seen_logout ENABLE ROW LEVEL SECURITY;

ALTER TABLE auth_secret.seen_logout FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON auth_secret.seen_logout FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON auth_secret.seen_logout FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON auth_secret.seen_logout TO portal_auth;

CREATE POLICY auth_insert ON auth_secret.seen_logout FOR INSERT TO portal_auth WITH CHECK (true);

GRANT INSERT ON auth_secret.seen_logout TO portal_auth;

CREATE POLICY auth_delete ON auth_secret.seen_logout FOR DELETE TO portal_auth USING (true);

GRANT DELETE ON auth_secret.seen_logout TO portal_auth;

ALTER TABLE school_year ENABLE ROW LEVEL SECURITY;

ALTER TABLE school_year FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON school_year FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON school_year FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON school_year TO portal_runtime;

CREATE POLICY add ON school_year FOR INSERT TO portal_runtime WITH CHECK (((SELECT caller_can('frameworks:manage'))) AND (true) AND state = 'proposed' AND proposed_by_id = (SELECT caller_principal()));

GRANT INSERT ON school_year TO portal_runtime;

CREATE POLICY change ON school_year FOR UPDATE TO portal_runtime USING (((SELECT caller_can('frameworks:manage'))) AND state = 'proposed' OR (false) AND state = 'confirmed') WITH CHECK (((SELECT caller_can('frameworks:manage'))) AND state <> 'proposed');

GRANT UPDATE ON school_year TO portal_runtime;

CREATE TRIGGER c_proposal BEFORE INSERT OR UPDATE ON school_year FOR EACH ROW EXECUTE FUNCTION check_proposal();

CREATE TRIGGER b_touch BEFORE UPDATE ON school_year FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON school_year FOR EACH ROW EXECUTE FUNCTION record_change('SchoolYear', '', 'everyone');

ALTER TABLE school_term ENABLE ROW LEVEL SECURITY;

ALTER TABLE school_term FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON school_term FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON school_term FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON school_term TO portal_runtime;

CREATE POLICY add ON school_term FOR INSERT TO portal_runtime WITH CHECK ((SELECT caller_can('frameworks:manage')) AND EXISTS (SELECT FROM school_year p WHERE p.id = school_term.school_year_id AND p.state = 'proposed' AND p.proposed_by_id = (SELECT caller_principal()) AND p.updated_at = (SELECT caller_now())));

GRANT INSERT ON school_term TO portal_runtime;

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON school_term FOR EACH ROW EXECUTE FUNCTION record_change('SchoolTerm', '', 'everyone');

ALTER TABLE bank_holiday ENABLE ROW LEVEL SECURITY;

ALTER TABLE bank_holiday FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON bank_holiday FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON bank_holiday FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON bank_holiday TO portal_runtime;

CREATE POLICY add ON bank_holiday FOR INSERT TO portal_runtime WITH CHECK (((SELECT caller_can('frameworks:manage'))) AND (true) AND state = 'proposed' AND proposed_by_id = (SELECT caller_principal()));

GRANT INSERT ON bank_holiday TO portal_runtime;

CREATE POLICY change ON bank_holiday FOR UPDATE TO portal_runtime USING (((SELECT caller_can('frameworks:manage'))) AND state = 'proposed' OR (false) AND state = 'confirmed') WITH CHECK (((SELECT caller_can('frameworks:manage'))) AND state <> 'proposed');

GRANT UPDATE ON bank_holiday TO portal_runtime;

CREATE TRIGGER c_proposal BEFORE INSERT OR UPDATE ON bank_holiday FOR EACH ROW EXECUTE FUNCTION check_proposal();

CREATE TRIGGER b_touch BEFORE UPDATE ON bank_holiday FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON bank_holiday FOR EACH ROW EXECUTE FUNCTION record_change('BankHoliday', '', 'everyone');

ALTER TABLE change ENABLE ROW LEVEL SECURITY;

ALTER TABLE change FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON change FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON change FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (within_agency_id IS NULL OR within_agency_id = ANY ((SELECT caller_agencies())::uuid[]) AND (SELECT caller_can('initiatives:read'))) AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON change TO portal_runtime;

ALTER TABLE history ENABLE ROW LEVEL SECURITY;

ALTER TABLE history FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON history FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON history FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (within_agency_id IS NULL OR within_agency_id = ANY ((SELECT caller_agencies())::uuid[]) AND (SELECT caller_can('initiatives:read'))) AND (coalesce((seen_then && (SELECT caller_keys()))::int, 0) <> 0 OR (SELECT i.lead_agency_id FROM initiative i WHERE i.id = history.initiative_id) = (SELECT caller_agency()) AND (SELECT caller_can('initiatives:read'))));

GRANT SELECT ON history TO portal_runtime;

ALTER TABLE audit_line ENABLE ROW LEVEL SECURITY;

ALTER TABLE audit_line FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON audit_line FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON audit_line FOR SELECT TO portal_runtime USING (principal_id = (SELECT caller_principal()) OR (SELECT caller_can('audit:read')));

GRANT SELECT ON audit_line TO portal_runtime;

CREATE POLICY add ON audit_line FOR INSERT TO portal_runtime WITH CHECK (principal_id = (SELECT caller_principal()) AND agency_id = (SELECT caller_agency()));

GRANT INSERT ON audit_line TO portal_runtime;

ALTER TABLE repeat ENABLE ROW LEVEL SECURITY;

ALTER TABLE repeat FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON repeat FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY auth_select ON repeat FOR SELECT TO portal_auth USING (true);

GRANT SELECT ON repeat TO portal_auth;

CREATE POLICY auth_delete ON repeat FOR DELETE TO portal_auth USING (true);

GRANT DELETE ON repeat TO portal_auth;

CREATE POLICY see ON repeat FOR SELECT TO portal_runtime USING (principal_id = (SELECT caller_principal()));

GRANT SELECT ON repeat TO portal_runtime;

CREATE POLICY add ON repeat FOR INSERT TO portal_runtime WITH CHECK (principal_id = (SELECT caller_principal()));

GRANT INSERT ON repeat TO portal_runtime;

CREATE POLICY change ON repeat FOR UPDATE TO portal_runtime USING (principal_id = (SELECT caller_principal())) WITH CHECK (principal_id = (SELECT caller_principal()));

GRANT UPDATE ON repeat TO portal_runtime;

CREATE POLICY remove ON repeat FOR DELETE TO portal_runtime USING (principal_id = (SELECT caller_principal()));

GRANT DELETE ON repeat TO portal_runtime;

ALTER TABLE initiative ENABLE ROW LEVEL SECURITY;

ALTER TABLE initiative FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON initiative FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON initiative FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON initiative TO portal_runtime;

CREATE POLICY add ON initiative FOR INSERT TO portal_runtime WITH CHECK (lead_agency_id = (SELECT caller_agency()) AND (SELECT caller_can('initiatives:edit')));

GRANT INSERT ON initiative TO portal_runtime;

CREATE POLICY change ON initiative FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND lead_agency_id = (SELECT caller_agency()) AND (SELECT caller_can('initiatives:edit'))) WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT UPDATE ON initiative TO portal_runtime;

CREATE POLICY remove ON initiative FOR DELETE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND lead_agency_id = (SELECT caller_agency()) AND (SELECT caller_can('initiatives:edit')) AND visibility = 'draft' AND sent_at IS NULL);

GRANT DELETE ON initiative TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON initiative FOR EACH ROW EXECUTE FUNCTION set_initiative_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON initiative FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON initiative FOR EACH ROW EXECUTE FUNCTION record_change('Initiative', 'id', '');

ALTER TABLE initiative_area ENABLE ROW LEVEL SECURITY;

ALTER TABLE initiative_area FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON initiative_area FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON initiative_area FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON initiative_area TO portal_runtime;

CREATE POLICY add ON initiative_area FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = initiative_area.initiative_id) = (SELECT caller_agency()));

GRANT INSERT ON initiative_area TO portal_runtime;

CREATE POLICY remove ON initiative_area FOR DELETE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = initiative_area.initiative_id) = (SELECT caller_agency()));

GRANT DELETE ON initiative_area TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON initiative_area FOR EACH ROW EXECUTE FUNCTION initiative_child_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON initiative_area FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON initiative_area FOR EACH ROW EXECUTE FUNCTION record_change('InitiativeArea', 'initiative_id', '');

ALTER TABLE partner ENABLE ROW LEVEL SECURITY;

ALTER TABLE partner FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON partner FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON partner FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON partner TO portal_runtime;

CREATE POLICY add ON partner FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:contribute')) AND (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = partner.initiative_id) = (SELECT caller_agency()) OR agency_id = (SELECT caller_agency()) AND (state = 'offered' OR (SELECT caller_can('initiatives:edit')))));

GRANT INSERT ON partner TO portal_runtime;

CREATE POLICY change ON partner FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:contribute')) AND (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = partner.initiative_id) = (SELECT caller_agency()) OR agency_id = (SELECT caller_agency()) AND (state IN ('offered', 'declined', 'left') OR (SELECT caller_can('initiatives:edit'))))) WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:contribute')) AND (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = partner.initiative_id) = (SELECT caller_agency()) OR agency_id = (SELECT caller_agency()) AND (state IN ('offered', 'left') OR (SELECT caller_can('initiatives:edit')))));

GRANT UPDATE ON partner TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON partner FOR EACH ROW EXECUTE FUNCTION initiative_child_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON partner FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON partner FOR EACH ROW EXECUTE FUNCTION record_change('Partner', 'initiative_id', '');

CREATE TRIGGER c_move BEFORE UPDATE ON partner FOR EACH ROW EXECUTE FUNCTION check_partner_move();

ALTER TABLE stage_move ENABLE ROW LEVEL SECURITY;

ALTER TABLE stage_move FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON stage_move FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON stage_move FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON stage_move TO portal_runtime;

CREATE POLICY add ON stage_move FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = stage_move.initiative_id) = (SELECT caller_agency()));

GRANT INSERT ON stage_move TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON stage_move FOR EACH ROW EXECUTE FUNCTION initiative_child_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON stage_move FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON stage_move FOR EACH ROW EXECUTE FUNCTION record_change('StageMove', 'initiative_id', '');

ALTER TABLE rating_set ENABLE ROW LEVEL SECURITY;

ALTER TABLE rating_set FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON rating_set FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON rating_set FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON rating_set TO portal_runtime;

CREATE POLICY add ON rating_set FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = rating_set.initiative_id) = (SELECT caller_agency()));

GRANT INSERT ON rating_set TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON rating_set FOR EACH ROW EXECUTE FUNCTION initiative_child_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON rating_set FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON rating_set FOR EACH ROW EXECUTE FUNCTION record_change('RatingSet', 'initiative_id', '');

ALTER TABLE action ENABLE ROW LEVEL SECURITY;

ALTER TABLE action FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON action FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON action FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON action TO portal_runtime;

CREATE POLICY add ON action FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:contribute')) AND (owner_agency_id = (SELECT caller_agency()) OR coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = action.initiative_id) = (SELECT caller_agency())) AND owner_agency_id IN (SELECT i.lead_agency_id FROM initiative i WHERE i.id = action.initiative_id UNION ALL SELECT p.agency_id FROM partner p WHERE p.initiative_id = action.initiative_id AND p.state = 'committed'));

GRANT INSERT ON action TO portal_runtime;

CREATE POLICY change ON action FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:contribute')) AND (owner_agency_id = (SELECT caller_agency()) AND (SELECT caller_agency()) IN (SELECT i.lead_agency_id FROM initiative i WHERE i.id = action.initiative_id UNION ALL SELECT p.agency_id FROM partner p WHERE p.initiative_id = action.initiative_id AND p.state = 'committed') OR coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = action.initiative_id) = (SELECT caller_agency()))) WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:contribute')));

GRANT UPDATE ON action TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON action FOR EACH ROW EXECUTE FUNCTION initiative_child_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON action FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON action FOR EACH ROW EXECUTE FUNCTION record_change('Action', 'initiative_id', '');

CREATE TRIGGER zz_given AFTER INSERT OR UPDATE OF allocated_to_id, owner_team_id ON action FOR EACH ROW EXECUTE FUNCTION action_given();

ALTER TABLE action_move ENABLE ROW LEVEL SECURITY;

ALTER TABLE action_move FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON action_move FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON action_move FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON action_move TO portal_runtime;

CREATE POLICY add ON action_move FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:contribute')) AND moved_by_id = (SELECT caller_principal()) AND EXISTS (SELECT FROM action a WHERE a.id = action_id AND (a.owner_agency_id = (SELECT caller_agency()) AND (SELECT caller_agency()) IN (SELECT i.lead_agency_id FROM initiative i WHERE i.id = action_move.initiative_id UNION ALL SELECT p.agency_id FROM partner p WHERE p.initiative_id = action_move.initiative_id AND p.state = 'committed') OR coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = action_move.initiative_id) = (SELECT caller_agency()))));

GRANT INSERT ON action_move TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON action_move FOR EACH ROW EXECUTE FUNCTION initiative_child_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON action_move FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON action_move FOR EACH ROW EXECUTE FUNCTION record_change('ActionMove', 'initiative_id', '');

ALTER TABLE milestone ENABLE ROW LEVEL SECURITY;

ALTER TABLE milestone FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON milestone FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON milestone FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON milestone TO portal_runtime;

CREATE POLICY add ON milestone FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = milestone.initiative_id) = (SELECT caller_agency()));

GRANT INSERT ON milestone TO portal_runtime;

CREATE POLICY change ON milestone FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = milestone.initiative_id) = (SELECT caller_agency())) WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = milestone.initiative_id) = (SELECT caller_agency()));

GRANT UPDATE ON milestone TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON milestone FOR EACH ROW EXECUTE FUNCTION initiative_child_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON milestone FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON milestone FOR EACH ROW EXECUTE FUNCTION record_change('Milestone', 'initiative_id', '');

ALTER TABLE risk ENABLE ROW LEVEL SECURITY;

ALTER TABLE risk FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON risk FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON risk FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON risk TO portal_runtime;

CREATE POLICY add ON risk FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = risk.initiative_id) = (SELECT caller_agency()));

GRANT INSERT ON risk TO portal_runtime;

CREATE POLICY change ON risk FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = risk.initiative_id) = (SELECT caller_agency())) WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = risk.initiative_id) = (SELECT caller_agency()));

GRANT UPDATE ON risk TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON risk FOR EACH ROW EXECUTE FUNCTION initiative_child_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON risk FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON risk FOR EACH ROW EXECUTE FUNCTION record_change('Risk', 'initiative_id', '');

ALTER TABLE evidence_item ENABLE ROW LEVEL SECURITY;

ALTER TABLE evidence_item FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON evidence_item FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON evidence_item FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON evidence_item TO portal_runtime;

CREATE POLICY add ON evidence_item FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = evidence_item.initiative_id) = (SELECT caller_agency()));

GRANT INSERT ON evidence_item TO portal_runtime;

CREATE POLICY change ON evidence_item FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = evidence_item.initiative_id) = (SELECT caller_agency())) WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = evidence_item.initiative_id) = (SELECT caller_agency()));

GRANT UPDATE ON evidence_item TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON evidence_item FOR EACH ROW EXECUTE FUNCTION initiative_child_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON evidence_item FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON evidence_item FOR EACH ROW EXECUTE FUNCTION record_change('EvidenceItem', 'initiative_id', '');

ALTER TABLE measure_definition ENABLE ROW LEVEL SECURITY;

ALTER TABLE measure_definition FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON measure_definition FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON measure_definition FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON measure_definition TO portal_runtime;

CREATE POLICY add ON measure_definition FOR INSERT TO portal_runtime WITH CHECK (((SELECT caller_can('initiatives:edit')) OR (SELECT caller_can('frameworks:manage'))) AND (defined_by_agency_id = (SELECT caller_agency())) AND state = 'proposed' AND proposed_by_id = (SELECT caller_principal()));

GRANT INSERT ON measure_definition TO portal_runtime;

CREATE POLICY change ON measure_definition FOR UPDATE TO portal_runtime USING (((SELECT caller_can('initiatives:edit')) OR (SELECT caller_can('frameworks:manage'))) AND state = 'proposed' OR (defined_by_agency_id = ANY ((SELECT caller_agencies())::uuid[]) AND (SELECT caller_can('initiatives:edit')) OR (SELECT caller_can('frameworks:manage'))) AND state = 'confirmed') WITH CHECK (((SELECT caller_can('initiatives:edit')) OR (SELECT caller_can('frameworks:manage'))) AND state <> 'proposed');

GRANT UPDATE ON measure_definition TO portal_runtime;

CREATE TRIGGER c_proposal BEFORE INSERT OR UPDATE ON measure_definition FOR EACH ROW EXECUTE FUNCTION check_proposal('retired_on');

CREATE TRIGGER b_touch BEFORE UPDATE ON measure_definition FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON measure_definition FOR EACH ROW EXECUTE FUNCTION record_change('MeasureDefinition', '', 'everyone');

ALTER TABLE measure ENABLE ROW LEVEL SECURITY;

ALTER TABLE measure FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON measure FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON measure FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON measure TO portal_runtime;

CREATE POLICY add ON measure FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = measure.initiative_id) = (SELECT caller_agency()));

GRANT INSERT ON measure TO portal_runtime;

CREATE POLICY change ON measure FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = measure.initiative_id) = (SELECT caller_agency())) WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = measure.initiative_id) = (SELECT caller_agency()));

GRANT UPDATE ON measure TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON measure FOR EACH ROW EXECUTE FUNCTION initiative_child_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON measure FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON measure FOR EACH ROW EXECUTE FUNCTION record_change('Measure', 'initiative_id', '');

ALTER TABLE observation ENABLE ROW LEVEL SECURITY;

ALTER TABLE observation FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON observation FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON observation FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON observation TO portal_runtime;

CREATE POLICY add ON observation FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:contribute')) AND recorded_by_agency_id = (SELECT caller_agency()) AND (SELECT caller_agency()) IN (SELECT i.lead_agency_id FROM initiative i WHERE i.id = observation.initiative_id UNION ALL SELECT p.agency_id FROM partner p WHERE p.initiative_id = observation.initiative_id AND p.state = 'committed'));

GRANT INSERT ON observation TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON observation FOR EACH ROW EXECUTE FUNCTION initiative_child_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON observation FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON observation FOR EACH ROW EXECUTE FUNCTION record_change('Observation', 'initiative_id', '');

CREATE TRIGGER c_supersede BEFORE INSERT ON observation FOR EACH ROW EXECUTE FUNCTION supersede_observation();

ALTER TABLE funding_line ENABLE ROW LEVEL SECURITY;

ALTER TABLE funding_line FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON funding_line FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON funding_line FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON funding_line TO portal_runtime;

CREATE POLICY add ON funding_line FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = funding_line.initiative_id) = (SELECT caller_agency()));

GRANT INSERT ON funding_line TO portal_runtime;

CREATE POLICY change ON funding_line FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = funding_line.initiative_id) = (SELECT caller_agency())) WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = funding_line.initiative_id) = (SELECT caller_agency()));

GRANT UPDATE ON funding_line TO portal_runtime;

CREATE POLICY remove ON funding_line FOR DELETE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = funding_line.initiative_id) = (SELECT caller_agency()));

GRANT DELETE ON funding_line TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON funding_line FOR EACH ROW EXECUTE FUNCTION initiative_child_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON funding_line FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON funding_line FOR EACH ROW EXECUTE FUNCTION record_change('FundingLine', 'initiative_id', '');

ALTER TABLE theme ENABLE ROW LEVEL SECURITY;

ALTER TABLE theme FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON theme FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON theme FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON theme TO portal_runtime;

CREATE POLICY add ON theme FOR INSERT TO portal_runtime WITH CHECK ((SELECT caller_can('frameworks:manage')));

GRANT INSERT ON theme TO portal_runtime;

CREATE POLICY change ON theme FOR UPDATE TO portal_runtime USING ((SELECT caller_can('frameworks:manage'))) WITH CHECK ((SELECT caller_can('frameworks:manage')));

GRANT UPDATE ON theme TO portal_runtime;

CREATE TRIGGER b_touch BEFORE UPDATE ON theme FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON theme FOR EACH ROW EXECUTE FUNCTION record_change('Theme', '', 'everyone');

ALTER TABLE framework ENABLE ROW LEVEL SECURITY;

ALTER TABLE framework FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON framework FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON framework FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON framework TO portal_runtime;

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON framework FOR EACH ROW EXECUTE FUNCTION record_change('Framework', '', 'everyone');

ALTER TABLE framework_version ENABLE ROW LEVEL SECURITY;

ALTER TABLE framework_version FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON framework_version FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON framework_version FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON framework_version TO portal_runtime;

CREATE POLICY add ON framework_version FOR INSERT TO portal_runtime WITH CHECK (((SELECT caller_can('frameworks:manage'))) AND (true) AND state = 'proposed' AND proposed_by_id = (SELECT caller_principal()));

GRANT INSERT ON framework_version TO portal_runtime;

CREATE POLICY change ON framework_version FOR UPDATE TO portal_runtime USING (((SELECT caller_can('frameworks:manage'))) AND state = 'proposed' OR (false) AND state = 'confirmed') WITH CHECK (((SELECT caller_can('frameworks:manage'))) AND state <> 'proposed');

GRANT UPDATE ON framework_version TO portal_runtime;

CREATE TRIGGER c_proposal BEFORE INSERT OR UPDATE ON framework_version FOR EACH ROW EXECUTE FUNCTION check_proposal();

CREATE TRIGGER b_touch BEFORE UPDATE ON framework_version FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON framework_version FOR EACH ROW EXECUTE FUNCTION record_change('FrameworkVersion', '', 'everyone');

CREATE TRIGGER zz_begins AFTER UPDATE ON framework_version FOR EACH ROW WHEN (OLD.state = 'proposed' AND NEW.state = 'confirmed') EXECUTE FUNCTION framework_version_begins();

ALTER TABLE framework_entry ENABLE ROW LEVEL SECURITY;

ALTER TABLE framework_entry FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON framework_entry FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON framework_entry FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON framework_entry TO portal_runtime;

CREATE POLICY add ON framework_entry FOR INSERT TO portal_runtime WITH CHECK ((SELECT caller_can('frameworks:manage')) AND EXISTS (SELECT FROM framework_version v WHERE v.id = framework_version_id AND v.state = 'proposed' AND v.proposed_by_id = (SELECT caller_principal()) AND v.updated_at = (SELECT caller_now())));

GRANT INSERT ON framework_entry TO portal_runtime;

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON framework_entry FOR EACH ROW EXECUTE FUNCTION record_change('FrameworkEntry', '', 'everyone');

ALTER TABLE initiative_theme ENABLE ROW LEVEL SECURITY;

ALTER TABLE initiative_theme FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON initiative_theme FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON initiative_theme FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON initiative_theme TO portal_runtime;

CREATE POLICY add ON initiative_theme FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = initiative_theme.initiative_id) = (SELECT caller_agency()));

GRANT INSERT ON initiative_theme TO portal_runtime;

CREATE POLICY remove ON initiative_theme FOR DELETE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = initiative_theme.initiative_id) = (SELECT caller_agency()));

GRANT DELETE ON initiative_theme TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON initiative_theme FOR EACH ROW EXECUTE FUNCTION initiative_child_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON initiative_theme FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON initiative_theme FOR EACH ROW EXECUTE FUNCTION record_change('InitiativeTheme', 'initiative_id', '');

ALTER TABLE initiative_entry ENABLE ROW LEVEL SECURITY;

ALTER TABLE initiative_entry FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON initiative_entry FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON initiative_entry FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON initiative_entry TO portal_runtime;

CREATE POLICY add ON initiative_entry FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = initiative_entry.initiative_id) = (SELECT caller_agency()));

GRANT INSERT ON initiative_entry TO portal_runtime;

CREATE POLICY remove ON initiative_entry FOR DELETE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = initiative_entry.initiative_id) = (SELECT caller_agency()));

GRANT DELETE ON initiative_entry TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON initiative_entry FOR EACH ROW EXECUTE FUNCTION initiative_child_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON initiative_entry FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON initiative_entry FOR EACH ROW EXECUTE FUNCTION record_change('InitiativeEntry', 'initiative_id', '');

ALTER TABLE plan_action ENABLE ROW LEVEL SECURITY;

ALTER TABLE plan_action FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON plan_action FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON plan_action FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON plan_action TO portal_runtime;

CREATE POLICY change ON plan_action FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('frameworks:manage'))) WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('frameworks:manage')));

GRANT UPDATE ON plan_action TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON plan_action FOR EACH ROW EXECUTE FUNCTION set_partnership_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON plan_action FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON plan_action FOR EACH ROW EXECUTE FUNCTION record_change('PlanAction', '', '');

CREATE TRIGGER z_update AFTER UPDATE ON plan_action FOR EACH ROW WHEN (OLD.version IS DISTINCT FROM NEW.version) EXECUTE FUNCTION record_plan_update();

ALTER TABLE plan_update ENABLE ROW LEVEL SECURITY;

ALTER TABLE plan_update FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON plan_update FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON plan_update FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON plan_update TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON plan_update FOR EACH ROW EXECUTE FUNCTION set_partnership_keys();

ALTER TABLE self_assessment ENABLE ROW LEVEL SECURITY;

ALTER TABLE self_assessment FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON self_assessment FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON self_assessment FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON self_assessment TO portal_runtime;

CREATE POLICY add ON self_assessment FOR INSERT TO portal_runtime WITH CHECK (agency_id = (SELECT caller_agency()) AND by_id = (SELECT caller_principal()) AND (SELECT caller_can('initiatives:edit')) AND EXISTS (SELECT FROM framework_entry e JOIN framework_version v ON v.id = e.framework_version_id WHERE e.id = self_assessment.entry_id AND v.self_assessed));

GRANT INSERT ON self_assessment TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON self_assessment FOR EACH ROW EXECUTE FUNCTION set_self_assessment_keys();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON self_assessment FOR EACH ROW EXECUTE FUNCTION record_change('SelfAssessment', '', '');

ALTER TABLE comment ENABLE ROW LEVEL SECURITY;

ALTER TABLE comment FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON comment FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON comment FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (audience = 'partners' OR agency_id = ANY ((SELECT caller_agencies())::uuid[]) AND (SELECT caller_can('initiatives:read'))));

GRANT SELECT ON comment TO portal_runtime;

CREATE POLICY add ON comment FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:contribute')) AND agency_id = (SELECT caller_agency()) AND author_id = (SELECT caller_principal()) AND withdrawn_at IS NULL);

GRANT INSERT ON comment TO portal_runtime;

CREATE POLICY change ON comment FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:contribute')) AND agency_id = ANY ((SELECT caller_agencies())::uuid[])) WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:contribute')) AND agency_id = ANY ((SELECT caller_agencies())::uuid[]));

GRANT UPDATE ON comment TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON comment FOR EACH ROW EXECUTE FUNCTION initiative_child_keys();

CREATE TRIGGER c_stands BEFORE UPDATE ON comment FOR EACH ROW EXECUTE FUNCTION comment_stands();

CREATE TRIGGER b_touch BEFORE UPDATE ON comment FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON comment FOR EACH ROW EXECUTE FUNCTION record_change('Comment', 'initiative_id', 'kept');

CREATE TRIGGER zz_keep AFTER UPDATE OF withdrawn_at ON comment FOR EACH ROW EXECUTE FUNCTION keep_withdrawn_comment();

ALTER TABLE survivor_consultation ENABLE ROW LEVEL SECURITY;

ALTER TABLE survivor_consultation FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON survivor_consultation FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON survivor_consultation FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON survivor_consultation TO portal_runtime;

CREATE POLICY add ON survivor_consultation FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:contribute')) AND agency_id = (SELECT caller_agency()) AND recorded_by_id = (SELECT caller_principal()) AND (SELECT caller_agency()) IN (SELECT i.lead_agency_id FROM initiative i WHERE i.id = survivor_consultation.initiative_id UNION ALL SELECT p.agency_id FROM partner p WHERE p.initiative_id = survivor_consultation.initiative_id AND p.state = 'committed'));

GRANT INSERT ON survivor_consultation TO portal_runtime;

CREATE POLICY change ON survivor_consultation FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:contribute')) AND agency_id = ANY ((SELECT caller_agencies())::uuid[]) OR coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = survivor_consultation.initiative_id) = (SELECT caller_agency())) WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:contribute')) AND agency_id = ANY ((SELECT caller_agencies())::uuid[]) OR coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('initiatives:edit')) AND (SELECT i.lead_agency_id FROM initiative i WHERE i.id = survivor_consultation.initiative_id) = (SELECT caller_agency()));

GRANT UPDATE ON survivor_consultation TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON survivor_consultation FOR EACH ROW EXECUTE FUNCTION initiative_child_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON survivor_consultation FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON survivor_consultation FOR EACH ROW EXECUTE FUNCTION record_change('SurvivorConsultation', 'initiative_id', '');

ALTER TABLE gateway ENABLE ROW LEVEL SECURITY;

ALTER TABLE gateway FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON gateway FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON gateway FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON gateway TO portal_runtime;

CREATE POLICY add ON gateway FOR INSERT TO portal_runtime WITH CHECK (((SELECT caller_can('agreements:advise'))) AND (true) AND state = 'proposed' AND proposed_by_id = (SELECT caller_principal()));

GRANT INSERT ON gateway TO portal_runtime;

CREATE POLICY change ON gateway FOR UPDATE TO portal_runtime USING (((SELECT caller_can('agreements:advise'))) AND state = 'proposed' OR (false) AND state = 'confirmed') WITH CHECK (((SELECT caller_can('agreements:advise'))) AND state <> 'proposed');

GRANT UPDATE ON gateway TO portal_runtime;

CREATE TRIGGER c_proposal BEFORE INSERT OR UPDATE ON gateway FOR EACH ROW EXECUTE FUNCTION check_proposal();

CREATE TRIGGER b_touch BEFORE UPDATE ON gateway FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON gateway FOR EACH ROW EXECUTE FUNCTION record_change('Gateway', '', 'everyone');

ALTER TABLE agreement ENABLE ROW LEVEL SECURITY;

ALTER TABLE agreement FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON agreement FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON agreement FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON agreement TO portal_runtime;

CREATE POLICY add ON agreement FOR INSERT TO portal_runtime WITH CHECK (lead_agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agreements:draft')) AND sent_at IS NULL AND withdrawn_at IS NULL AND suspended_at IS NULL);

GRANT INSERT ON agreement TO portal_runtime;

CREATE POLICY change ON agreement FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND lead_agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agreements:draft')) AND sent_at IS NULL AND withdrawn_at IS NULL) WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND lead_agency_id = (SELECT caller_agency()) AND (SELECT caller_can('agreements:draft')) AND sent_at IS NULL AND withdrawn_at IS NULL);

GRANT UPDATE ON agreement TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON agreement FOR EACH ROW EXECUTE FUNCTION set_agreement_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON agreement FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON agreement FOR EACH ROW EXECUTE FUNCTION record_change('Agreement', '', '');

CREATE TRIGGER y_spread AFTER UPDATE ON agreement FOR EACH ROW WHEN (OLD.acl IS DISTINCT FROM NEW.acl) EXECUTE FUNCTION spread_agreement_keys();

ALTER TABLE agreement_version ENABLE ROW LEVEL SECURITY;

ALTER TABLE agreement_version FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON agreement_version FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON agreement_version FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON agreement_version TO portal_runtime;

CREATE POLICY add ON agreement_version FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('agreements:draft')) AND (SELECT a.lead_agency_id FROM agreement a WHERE a.id = agreement_version.agreement_id) = (SELECT caller_agency()) AND sent_at IS NULL AND signed_at IS NULL AND dropped_at IS NULL);

GRANT INSERT ON agreement_version TO portal_runtime;

CREATE POLICY change ON agreement_version FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('agreements:draft')) AND (SELECT a.lead_agency_id FROM agreement a WHERE a.id = agreement_version.agreement_id) = (SELECT caller_agency()) AND sent_at IS NULL AND signed_at IS NULL AND dropped_at IS NULL) WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('agreements:draft')) AND (SELECT a.lead_agency_id FROM agreement a WHERE a.id = agreement_version.agreement_id) = (SELECT caller_agency()) AND sent_at IS NULL AND signed_at IS NULL AND dropped_at IS NULL);

GRANT UPDATE ON agreement_version TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON agreement_version FOR EACH ROW EXECUTE FUNCTION agreement_child_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON agreement_version FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON agreement_version FOR EACH ROW EXECUTE FUNCTION record_change('AgreementVersion', '', '');

ALTER TABLE agreement_party ENABLE ROW LEVEL SECURITY;

ALTER TABLE agreement_party FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON agreement_party FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON agreement_party FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON agreement_party TO portal_runtime;

CREATE POLICY add ON agreement_party FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('agreements:draft')) AND (SELECT a.lead_agency_id FROM agreement a WHERE a.id = agreement_party.agreement_id) = (SELECT caller_agency()) AND joined_at IS NULL AND suspended_at IS NULL AND left_at IS NULL AND (accedes OR EXISTS (SELECT FROM agreement_version v WHERE v.agreement_id = agreement_party.agreement_id AND v.number = since_number AND v.sent_at IS NULL AND v.dropped_at IS NULL)));

GRANT INSERT ON agreement_party TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON agreement_party FOR EACH ROW EXECUTE FUNCTION agreement_child_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON agreement_party FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON agreement_party FOR EACH ROW EXECUTE FUNCTION record_change('AgreementParty', '', '');

CREATE TRIGGER y_parties AFTER INSERT OR UPDATE OF agency_id, joined_at, left_at ON agreement_party FOR EACH ROW EXECUTE FUNCTION agreement_parties_changed();

ALTER TABLE agreement_advice ENABLE ROW LEVEL SECURITY;

ALTER TABLE agreement_advice FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON agreement_advice FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON agreement_advice FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON agreement_advice TO portal_runtime;

CREATE POLICY add ON agreement_advice FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('agreements:advise')) AND agency_id = (SELECT caller_agency()) AND advised_by_id = (SELECT caller_principal()) AND EXISTS (SELECT FROM agreement_version v WHERE v.id = agreement_advice.agreement_version_id AND v.sent_at IS NOT NULL AND v.dropped_at IS NULL));

GRANT INSERT ON agreement_advice TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON agreement_advice FOR EACH ROW EXECUTE FUNCTION agreement_child_keys();

CREATE TRIGGER y_event AFTER INSERT ON agreement_advice FOR EACH ROW EXECUTE FUNCTION agreement_advised();

ALTER TABLE agreement_signature ENABLE ROW LEVEL SECURITY;

ALTER TABLE agreement_signature FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON agreement_signature FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON agreement_signature FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON agreement_signature TO portal_runtime;

CREATE POLICY add ON agreement_signature FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND (SELECT caller_can('agreements:sign')) AND agency_id = (SELECT caller_agency()) AND signed_by_id = (SELECT caller_principal()) AND EXISTS (SELECT FROM agreement_version v WHERE v.id = agreement_signature.agreement_version_id AND v.sent_at IS NOT NULL AND v.dropped_at IS NULL) AND EXISTS (SELECT FROM membership_role r WHERE r.membership_id = signed_by_id AND r.role = 'authorised_signatory' AND r.title = agreement_signature.title) AND EXISTS (SELECT FROM agreement_advice a JOIN membership m ON m.id = a.advised_by_id WHERE a.agreement_version_id = agreement_signature.agreement_version_id AND a.party_id = agreement_signature.party_id AND m.person_id <> (SELECT caller_person())));

GRANT INSERT ON agreement_signature TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON agreement_signature FOR EACH ROW EXECUTE FUNCTION agreement_child_keys();

CREATE TRIGGER y_event AFTER INSERT ON agreement_signature FOR EACH ROW EXECUTE FUNCTION agreement_signed();

ALTER TABLE agreement_event ENABLE ROW LEVEL SECURITY;

ALTER TABLE agreement_event FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON agreement_event FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON agreement_event FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0);

GRANT SELECT ON agreement_event TO portal_runtime;

CREATE POLICY add ON agreement_event FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND by_agency_id = (SELECT caller_agency()) AND by_id = (SELECT caller_principal()) AND CASE WHEN move IN ('drafted', 'changed', 'amended', 'party_named', 'sent', 'dropped', 'suspended', 'resumed', 'withdrawn') THEN (SELECT caller_can('agreements:draft')) AND (SELECT a.lead_agency_id FROM agreement a WHERE a.id = agreement_event.agreement_id) = (SELECT caller_agency()) WHEN move IN ('party_suspended', 'party_resumed', 'party_left') THEN (SELECT caller_can('agreements:draft')) AND (EXISTS (SELECT FROM agreement_party p WHERE p.id = party_id AND p.agency_id = (SELECT caller_agency())) OR (SELECT a.lead_agency_id FROM agreement a WHERE a.id = agreement_event.agreement_id) = (SELECT caller_agency())) WHEN move = 'consented' THEN (SELECT caller_can('agreements:sign')) AND EXISTS (SELECT FROM agreement_party p WHERE p.agreement_id = agreement_event.agreement_id AND p.agency_id = (SELECT caller_agency()) AND p.joined_at IS NOT NULL AND p.left_at IS NULL) ELSE false END);

GRANT INSERT ON agreement_event TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON agreement_event FOR EACH ROW EXECUTE FUNCTION agreement_child_keys();

CREATE TRIGGER c_order BEFORE INSERT ON agreement_event FOR EACH ROW EXECUTE FUNCTION order_agreement_event();

CREATE TRIGGER y_apply AFTER INSERT ON agreement_event FOR EACH ROW EXECUTE FUNCTION apply_agreement_event();

CREATE TRIGGER z_tell AFTER INSERT ON agreement_event FOR EACH ROW EXECUTE FUNCTION tell_of_agreement_event();

ALTER TABLE mail_preference ENABLE ROW LEVEL SECURITY;

ALTER TABLE mail_preference FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON mail_preference FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON mail_preference FOR SELECT TO portal_runtime USING (person_id = (SELECT caller_self()));

GRANT SELECT ON mail_preference TO portal_runtime;

ALTER TABLE outbox_message ENABLE ROW LEVEL SECURITY;

ALTER TABLE outbox_message FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON outbox_message FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON outbox_message FOR SELECT TO portal_runtime USING (person_id = (SELECT caller_self()) OR (SELECT caller_can('agencies:manage')) AND (SELECT caller_person()) IS NOT NULL AND (EXISTS (SELECT FROM membership m WHERE m.person_id = outbox_message.person_id AND m.agency_id = (SELECT caller_agency())) OR EXISTS (SELECT FROM team t WHERE t.id = team_id AND t.agency_id = (SELECT caller_agency()))));

GRANT SELECT ON outbox_message TO portal_runtime;

ALTER TABLE mail_code ENABLE ROW LEVEL SECURITY;

ALTER TABLE mail_code FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON mail_code FOR ALL TO portal_owner USING (true) WITH CHECK (true);

ALTER TABLE reminder ENABLE ROW LEVEL SECURITY;

ALTER TABLE reminder FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON reminder FOR ALL TO portal_owner USING (true) WITH CHECK (true);

ALTER TABLE outbox_notice ENABLE ROW LEVEL SECURITY;

ALTER TABLE outbox_notice FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON outbox_notice FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON outbox_notice FOR SELECT TO portal_runtime USING (EXISTS (SELECT FROM notice n WHERE n.id = notice_id));

GRANT SELECT ON outbox_notice TO portal_runtime;

ALTER TABLE outbox_attempt ENABLE ROW LEVEL SECURITY;

ALTER TABLE outbox_attempt FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON outbox_attempt FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON outbox_attempt FOR SELECT TO portal_runtime USING (EXISTS (SELECT FROM outbox_message m WHERE m.id = message_id));

GRANT SELECT ON outbox_attempt TO portal_runtime;

ALTER TABLE referral ENABLE ROW LEVEL SECURITY;

ALTER TABLE referral FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON referral FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON referral FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON referral TO portal_runtime;

CREATE POLICY add ON referral FOR INSERT TO portal_runtime WITH CHECK (sender_agency_id = (SELECT caller_agency()) AND (SELECT caller_can('referrals:work')));

GRANT INSERT ON referral TO portal_runtime;

CREATE POLICY change ON referral FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND sender_agency_id = (SELECT caller_agency()) AND (SELECT caller_can('referrals:work'))) WITH CHECK (sender_agency_id = (SELECT caller_agency()) AND (SELECT caller_can('referrals:work')));

GRANT UPDATE ON referral TO portal_runtime;

CREATE POLICY remove ON referral FOR DELETE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND sender_agency_id = (SELECT caller_agency()) AND (SELECT caller_can('referrals:work')) AND overall = 'draft');

GRANT DELETE ON referral TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON referral FOR EACH ROW EXECUTE FUNCTION set_referral_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON referral FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON referral FOR EACH ROW EXECUTE FUNCTION record_change('Referral', '', 'case');

ALTER TABLE recipient ENABLE ROW LEVEL SECURITY;

ALTER TABLE recipient FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON recipient FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON recipient FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON recipient TO portal_runtime;

CREATE POLICY add ON recipient FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND ((SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = recipient.referral_id) OR from_id IS NOT NULL AND passes_from_caller(from_id)));

GRANT INSERT ON recipient TO portal_runtime;

CREATE POLICY change ON recipient FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND ((agency_id = (SELECT caller_agency()) OR (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = recipient.referral_id)) OR from_id IS NOT NULL AND passes_from_caller(from_id) OR passes_to_caller(id))) WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND ((agency_id = (SELECT caller_agency()) OR (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = recipient.referral_id)) OR from_id IS NOT NULL AND passes_from_caller(from_id) OR passes_to_caller(id)));

GRANT UPDATE ON recipient TO portal_runtime;

CREATE POLICY remove ON recipient FOR DELETE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = recipient.referral_id) AND given_at IS NULL);

GRANT DELETE ON recipient TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON recipient FOR EACH ROW EXECUTE FUNCTION referral_child_keys('summary');

CREATE TRIGGER b_touch BEFORE UPDATE ON recipient FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON recipient FOR EACH ROW EXECUTE FUNCTION record_change('Recipient', '', 'case');

CREATE TRIGGER zz_allocation AFTER UPDATE OF allocated_to_id ON recipient FOR EACH ROW WHEN (OLD.allocated_to_id IS DISTINCT FROM NEW.allocated_to_id) EXECUTE FUNCTION keep_allocation();

ALTER TABLE allocation ENABLE ROW LEVEL SECURITY;

ALTER TABLE allocation FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON allocation FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON allocation FOR SELECT TO portal_runtime USING (agency_id = (SELECT caller_agency()) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON allocation TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON allocation FOR EACH ROW EXECUTE FUNCTION referral_child_keys('summary');

CREATE TRIGGER b_touch BEFORE UPDATE ON allocation FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE referral_event ENABLE ROW LEVEL SECURITY;

ALTER TABLE referral_event FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON referral_event FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON referral_event FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON referral_event TO portal_runtime;

CREATE POLICY add ON referral_event FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND by_id = (SELECT caller_principal()) AND by_agency_id = (SELECT caller_agency()));

GRANT INSERT ON referral_event TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON referral_event FOR EACH ROW EXECUTE FUNCTION referral_child_keys('summary');

CREATE TRIGGER b_touch BEFORE UPDATE ON referral_event FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE event_codes ENABLE ROW LEVEL SECURITY;

ALTER TABLE event_codes FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON event_codes FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON event_codes FOR SELECT TO portal_runtime USING (coalesce(CASE category WHEN 'identity_link' THEN event_codes.acl && (SELECT caller_keys('identity_link')) WHEN 'safe_contact' THEN event_codes.acl && (SELECT caller_keys('safe_contact')) WHEN 'needs' THEN event_codes.acl && (SELECT caller_keys('needs')) WHEN 'wishes' THEN event_codes.acl && (SELECT caller_keys('wishes')) WHEN 'risk' THEN event_codes.acl && (SELECT caller_keys('risk')) WHEN 'flags' THEN event_codes.acl && (SELECT caller_keys('flags')) WHEN 'orders' THEN event_codes.acl && (SELECT caller_keys('orders')) WHEN 'criminal_justice' THEN event_codes.acl && (SELECT caller_keys('criminal_justice')) WHEN 'actions' THEN event_codes.acl && (SELECT caller_keys('actions')) WHEN 'clocks' THEN event_codes.acl && (SELECT caller_keys('clocks')) WHEN 'reasons' THEN event_codes.acl && (SELECT caller_keys('reasons')) WHEN 'outcome' THEN event_codes.acl && (SELECT caller_keys('outcome')) END, false) AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON event_codes TO portal_runtime;

CREATE POLICY add ON event_codes FOR INSERT TO portal_runtime WITH CHECK (coalesce(CASE category WHEN 'identity_link' THEN event_codes.acl && (SELECT caller_keys('identity_link')) WHEN 'safe_contact' THEN event_codes.acl && (SELECT caller_keys('safe_contact')) WHEN 'needs' THEN event_codes.acl && (SELECT caller_keys('needs')) WHEN 'wishes' THEN event_codes.acl && (SELECT caller_keys('wishes')) WHEN 'risk' THEN event_codes.acl && (SELECT caller_keys('risk')) WHEN 'flags' THEN event_codes.acl && (SELECT caller_keys('flags')) WHEN 'orders' THEN event_codes.acl && (SELECT caller_keys('orders')) WHEN 'criminal_justice' THEN event_codes.acl && (SELECT caller_keys('criminal_justice')) WHEN 'actions' THEN event_codes.acl && (SELECT caller_keys('actions')) WHEN 'clocks' THEN event_codes.acl && (SELECT caller_keys('clocks')) WHEN 'reasons' THEN event_codes.acl && (SELECT caller_keys('reasons')) WHEN 'outcome' THEN event_codes.acl && (SELECT caller_keys('outcome')) END, false) AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')));

GRANT INSERT ON event_codes TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON event_codes FOR EACH ROW EXECUTE FUNCTION referral_child_keys('full');

CREATE TRIGGER b_touch BEFORE UPDATE ON event_codes FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE running_clock ENABLE ROW LEVEL SECURITY;

ALTER TABLE running_clock FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON running_clock FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON running_clock FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON running_clock TO portal_runtime;

CREATE POLICY add ON running_clock FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')));

GRANT INSERT ON running_clock TO portal_runtime;

CREATE POLICY change ON running_clock FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work'))) WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')));

GRANT UPDATE ON running_clock TO portal_runtime;

CREATE POLICY remove ON running_clock FOR DELETE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')));

GRANT DELETE ON running_clock TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON running_clock FOR EACH ROW EXECUTE FUNCTION referral_child_keys('summary');

CREATE TRIGGER b_touch BEFORE UPDATE ON running_clock FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE local_reference ENABLE ROW LEVEL SECURITY;

ALTER TABLE local_reference FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON local_reference FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON local_reference FOR SELECT TO portal_runtime USING (agency_id = (SELECT caller_agency()) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON local_reference TO portal_runtime;

CREATE POLICY add ON local_reference FOR INSERT TO portal_runtime WITH CHECK (agency_id = (SELECT caller_agency()) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')));

GRANT INSERT ON local_reference TO portal_runtime;

CREATE POLICY change ON local_reference FOR UPDATE TO portal_runtime USING (agency_id = (SELECT caller_agency()) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work'))) WITH CHECK (agency_id = (SELECT caller_agency()) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')));

GRANT UPDATE ON local_reference TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON local_reference FOR EACH ROW EXECUTE FUNCTION referral_child_keys('summary');

CREATE TRIGGER b_touch BEFORE UPDATE ON local_reference FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE subject ENABLE ROW LEVEL SECURITY;

ALTER TABLE subject FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON subject FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON subject FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('identity_link')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON subject TO portal_runtime;

CREATE POLICY add ON subject FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys('identity_link')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = subject.referral_id));

GRANT INSERT ON subject TO portal_runtime;

CREATE POLICY remove ON subject FOR DELETE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('identity_link')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = subject.referral_id));

GRANT DELETE ON subject TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON subject FOR EACH ROW EXECUTE FUNCTION referral_child_keys('full');

CREATE TRIGGER b_touch BEFORE UPDATE ON subject FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE safe_contact ENABLE ROW LEVEL SECURITY;

ALTER TABLE safe_contact FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON safe_contact FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON safe_contact FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('safe_contact')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON safe_contact TO portal_runtime;

CREATE POLICY add ON safe_contact FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys('safe_contact')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = safe_contact.referral_id));

GRANT INSERT ON safe_contact TO portal_runtime;

CREATE POLICY remove ON safe_contact FOR DELETE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('safe_contact')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = safe_contact.referral_id));

GRANT DELETE ON safe_contact TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON safe_contact FOR EACH ROW EXECUTE FUNCTION referral_child_keys('full');

CREATE TRIGGER b_touch BEFORE UPDATE ON safe_contact FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE need ENABLE ROW LEVEL SECURITY;

ALTER TABLE need FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON need FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON need FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('needs')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON need TO portal_runtime;

CREATE POLICY add ON need FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys('needs')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = need.referral_id));

GRANT INSERT ON need TO portal_runtime;

CREATE POLICY remove ON need FOR DELETE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('needs')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = need.referral_id));

GRANT DELETE ON need TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON need FOR EACH ROW EXECUTE FUNCTION referral_child_keys('full');

CREATE TRIGGER b_touch BEFORE UPDATE ON need FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE wishes ENABLE ROW LEVEL SECURITY;

ALTER TABLE wishes FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON wishes FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON wishes FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('wishes')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON wishes TO portal_runtime;

CREATE POLICY add ON wishes FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys('wishes')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = wishes.referral_id));

GRANT INSERT ON wishes TO portal_runtime;

CREATE POLICY remove ON wishes FOR DELETE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('wishes')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = wishes.referral_id));

GRANT DELETE ON wishes TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON wishes FOR EACH ROW EXECUTE FUNCTION referral_child_keys('full');

CREATE TRIGGER b_touch BEFORE UPDATE ON wishes FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE risk_assessment ENABLE ROW LEVEL SECURITY;

ALTER TABLE risk_assessment FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON risk_assessment FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON risk_assessment FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('risk')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON risk_assessment TO portal_runtime;

CREATE POLICY add ON risk_assessment FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys('risk')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = risk_assessment.referral_id));

GRANT INSERT ON risk_assessment TO portal_runtime;

CREATE POLICY remove ON risk_assessment FOR DELETE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('risk')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = risk_assessment.referral_id));

GRANT DELETE ON risk_assessment TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON risk_assessment FOR EACH ROW EXECUTE FUNCTION referral_child_keys('full');

CREATE TRIGGER b_touch BEFORE UPDATE ON risk_assessment FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE case_flag ENABLE ROW LEVEL SECURITY;

ALTER TABLE case_flag FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON case_flag FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON case_flag FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('flags')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON case_flag TO portal_runtime;

CREATE POLICY add ON case_flag FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys('flags')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = case_flag.referral_id));

GRANT INSERT ON case_flag TO portal_runtime;

CREATE POLICY remove ON case_flag FOR DELETE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('flags')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = case_flag.referral_id));

GRANT DELETE ON case_flag TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON case_flag FOR EACH ROW EXECUTE FUNCTION referral_child_keys('full');

CREATE TRIGGER b_touch BEFORE UPDATE ON case_flag FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE protective_order ENABLE ROW LEVEL SECURITY;

ALTER TABLE protective_order FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON protective_order FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON protective_order FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('orders')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON protective_order TO portal_runtime;

CREATE POLICY add ON protective_order FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys('orders')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = protective_order.referral_id));

GRANT INSERT ON protective_order TO portal_runtime;

CREATE POLICY remove ON protective_order FOR DELETE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('orders')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = protective_order.referral_id));

GRANT DELETE ON protective_order TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON protective_order FOR EACH ROW EXECUTE FUNCTION referral_child_keys('full');

CREATE TRIGGER b_touch BEFORE UPDATE ON protective_order FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE referral_reason ENABLE ROW LEVEL SECURITY;

ALTER TABLE referral_reason FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON referral_reason FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON referral_reason FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('reasons')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON referral_reason TO portal_runtime;

CREATE POLICY add ON referral_reason FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys('reasons')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = referral_reason.referral_id));

GRANT INSERT ON referral_reason TO portal_runtime;

CREATE POLICY remove ON referral_reason FOR DELETE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('reasons')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = referral_reason.referral_id));

GRANT DELETE ON referral_reason TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON referral_reason FOR EACH ROW EXECUTE FUNCTION referral_child_keys('full');

CREATE TRIGGER b_touch BEFORE UPDATE ON referral_reason FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE case_action ENABLE ROW LEVEL SECURITY;

ALTER TABLE case_action FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON case_action FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON case_action FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON case_action TO portal_runtime;

CREATE POLICY add ON case_action FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND added_by_agency_id = (SELECT caller_agency()));

GRANT INSERT ON case_action TO portal_runtime;

CREATE POLICY change ON case_action FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) IN (agency_id, added_by_agency_id)) WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) IN (agency_id, added_by_agency_id));

GRANT UPDATE ON case_action TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON case_action FOR EACH ROW EXECUTE FUNCTION referral_child_keys('summary');

CREATE TRIGGER b_touch BEFORE UPDATE ON case_action FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER zz_given AFTER INSERT OR UPDATE OF allocated_to_id ON case_action FOR EACH ROW EXECUTE FUNCTION case_action_given();

ALTER TABLE case_action_codes ENABLE ROW LEVEL SECURITY;

ALTER TABLE case_action_codes FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON case_action_codes FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON case_action_codes FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('actions')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON case_action_codes TO portal_runtime;

CREATE POLICY add ON case_action_codes FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys('actions')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')));

GRANT INSERT ON case_action_codes TO portal_runtime;

CREATE POLICY change ON case_action_codes FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('actions')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT a.agency_id FROM case_action a WHERE a.id = action_id)) WITH CHECK (coalesce((acl && (SELECT caller_keys('actions')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT a.agency_id FROM case_action a WHERE a.id = action_id));

GRANT UPDATE ON case_action_codes TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON case_action_codes FOR EACH ROW EXECUTE FUNCTION referral_child_keys('full');

CREATE TRIGGER b_touch BEFORE UPDATE ON case_action_codes FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE follow_on ENABLE ROW LEVEL SECURITY;

ALTER TABLE follow_on FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON follow_on FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON follow_on FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON follow_on TO portal_runtime;

CREATE POLICY add ON follow_on FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = follow_on.referral_id));

GRANT INSERT ON follow_on TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON follow_on FOR EACH ROW EXECUTE FUNCTION referral_child_keys('summary');

CREATE TRIGGER b_touch BEFORE UPDATE ON follow_on FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE pathway_team ENABLE ROW LEVEL SECURITY;

ALTER TABLE pathway_team FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON pathway_team FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON pathway_team FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON pathway_team TO portal_runtime;

CREATE POLICY add ON pathway_team FOR INSERT TO portal_runtime WITH CHECK (((SELECT caller_can('frameworks:manage'))) AND (true) AND state = 'proposed' AND proposed_by_id = (SELECT caller_principal()));

GRANT INSERT ON pathway_team TO portal_runtime;

CREATE POLICY change ON pathway_team FOR UPDATE TO portal_runtime USING (((SELECT caller_can('frameworks:manage'))) AND state = 'proposed' OR (false) AND state = 'confirmed') WITH CHECK (((SELECT caller_can('frameworks:manage'))) AND state <> 'proposed');

GRANT UPDATE ON pathway_team TO portal_runtime;

CREATE TRIGGER c_proposal BEFORE INSERT OR UPDATE ON pathway_team FOR EACH ROW EXECUTE FUNCTION check_proposal();

CREATE TRIGGER b_touch BEFORE UPDATE ON pathway_team FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON pathway_team FOR EACH ROW EXECUTE FUNCTION record_change('PathwayTeam', '', 'everyone');

ALTER TABLE risk_scale ENABLE ROW LEVEL SECURITY;

ALTER TABLE risk_scale FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON risk_scale FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON risk_scale FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON risk_scale TO portal_runtime;

CREATE POLICY add ON risk_scale FOR INSERT TO portal_runtime WITH CHECK (((SELECT caller_can('frameworks:manage'))) AND (true) AND state = 'proposed' AND proposed_by_id = (SELECT caller_principal()));

GRANT INSERT ON risk_scale TO portal_runtime;

CREATE POLICY change ON risk_scale FOR UPDATE TO portal_runtime USING (((SELECT caller_can('frameworks:manage'))) AND state = 'proposed' OR (false) AND state = 'confirmed') WITH CHECK (((SELECT caller_can('frameworks:manage'))) AND state <> 'proposed');

GRANT UPDATE ON risk_scale TO portal_runtime;

CREATE TRIGGER c_proposal BEFORE INSERT OR UPDATE ON risk_scale FOR EACH ROW EXECUTE FUNCTION check_proposal();

CREATE TRIGGER b_touch BEFORE UPDATE ON risk_scale FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON risk_scale FOR EACH ROW EXECUTE FUNCTION record_change('RiskScale', '', 'everyone');

ALTER TABLE risk_threshold ENABLE ROW LEVEL SECURITY;

ALTER TABLE risk_threshold FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON risk_threshold FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON risk_threshold FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON risk_threshold TO portal_runtime;

CREATE POLICY add ON risk_threshold FOR INSERT TO portal_runtime WITH CHECK ((SELECT caller_can('frameworks:manage')) AND EXISTS (SELECT FROM risk_scale p WHERE p.id = risk_threshold.risk_scale_id AND p.state = 'proposed' AND p.proposed_by_id = (SELECT caller_principal()) AND p.updated_at = (SELECT caller_now())));

GRANT INSERT ON risk_threshold TO portal_runtime;

ALTER TABLE consultation ENABLE ROW LEVEL SECURITY;

ALTER TABLE consultation FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON consultation FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON consultation FOR SELECT TO portal_runtime USING (owner_agency_id = (SELECT caller_agency()) AND (SELECT caller_can('referrals:summary')) OR principal_id = (SELECT caller_principal()) OR (SELECT caller_can('audit:read')));

GRANT SELECT ON consultation TO portal_runtime;

ALTER TABLE disclosure_request ENABLE ROW LEVEL SECURITY;

ALTER TABLE disclosure_request FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON disclosure_request FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON disclosure_request FOR SELECT TO portal_runtime USING ((SELECT caller_agency()) IN (of_agency_id, by_agency_id) AND ((SELECT caller_can('referrals:summary')) OR ((SELECT caller_can('agreements:advise')) OR (SELECT caller_can('agreements:sign')))));

GRANT SELECT ON disclosure_request TO portal_runtime;

CREATE POLICY add ON disclosure_request FOR INSERT TO portal_runtime WITH CHECK (by_agency_id = (SELECT caller_agency()) AND (SELECT caller_can('referrals:work')) AND asked_by_id = (SELECT caller_principal()) AND asked_at = (SELECT caller_now()));

GRANT INSERT ON disclosure_request TO portal_runtime;

CREATE TRIGGER z_tell AFTER INSERT ON disclosure_request FOR EACH ROW EXECUTE FUNCTION tell_of_request();

ALTER TABLE request_set_aside ENABLE ROW LEVEL SECURITY;

ALTER TABLE request_set_aside FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON request_set_aside FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON request_set_aside FOR SELECT TO portal_runtime USING (of_agency_id = (SELECT caller_agency()) AND ((SELECT caller_can('referrals:summary')) OR ((SELECT caller_can('agreements:advise')) OR (SELECT caller_can('agreements:sign')))));

GRANT SELECT ON request_set_aside TO portal_runtime;

CREATE POLICY add ON request_set_aside FOR INSERT TO portal_runtime WITH CHECK (of_agency_id = (SELECT caller_agency()) AND ((SELECT caller_can('referrals:work')) OR (SELECT caller_can('agreements:advise'))) AND by_id = (SELECT caller_principal()) AND at = (SELECT caller_now()));

GRANT INSERT ON request_set_aside TO portal_runtime;

ALTER TABLE emergency_disclosure ENABLE ROW LEVEL SECURITY;

ALTER TABLE emergency_disclosure FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON emergency_disclosure FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON emergency_disclosure FOR SELECT TO portal_runtime USING ((SELECT caller_agency()) IN (from_agency_id, to_agency_id) AND (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) OR ((SELECT caller_can('agreements:advise')) OR (SELECT caller_can('agreements:sign')))));

GRANT SELECT ON emergency_disclosure TO portal_runtime;

CREATE POLICY add ON emergency_disclosure FOR INSERT TO portal_runtime WITH CHECK (from_agency_id = (SELECT caller_agency()) AND made_by_id = (SELECT caller_principal()) AND (SELECT caller_person()) IS NOT NULL AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = emergency_disclosure.referral_id) AND NOT (SELECT emergency_barred()) AND starts_at = (SELECT caller_now()) AND closed_at IS NULL AND reviewed_at IS NULL AND escalated_at IS NULL AND lifted_at IS NULL);

GRANT INSERT ON emergency_disclosure TO portal_runtime;

CREATE POLICY change ON emergency_disclosure FOR UPDATE TO portal_runtime USING (from_agency_id = (SELECT caller_agency()) AND (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) OR (SELECT caller_can('agreements:advise')))) WITH CHECK (from_agency_id = (SELECT caller_agency()) AND (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) OR (SELECT caller_can('agreements:advise'))));

GRANT UPDATE ON emergency_disclosure TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON emergency_disclosure FOR EACH ROW EXECUTE FUNCTION referral_child_keys('summary');

CREATE TRIGGER b_touch BEFORE UPDATE ON emergency_disclosure FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER c_disclosure BEFORE UPDATE ON emergency_disclosure FOR EACH ROW EXECUTE FUNCTION check_disclosure();

CREATE TRIGGER y_keys AFTER INSERT ON emergency_disclosure FOR EACH ROW EXECUTE FUNCTION disclosure_changed();

CREATE TRIGGER y_keys_closed AFTER UPDATE ON emergency_disclosure FOR EACH ROW WHEN (OLD.closed_at IS DISTINCT FROM NEW.closed_at) EXECUTE FUNCTION disclosure_changed();

CREATE TRIGGER z_tell AFTER INSERT OR UPDATE ON emergency_disclosure FOR EACH ROW EXECUTE FUNCTION tell_of_disclosure();

CREATE TRIGGER y_spread_disclosures AFTER UPDATE ON referral FOR EACH ROW WHEN (OLD.acl IS DISTINCT FROM NEW.acl OR OLD.routes IS DISTINCT FROM NEW.routes) EXECUTE FUNCTION spread_referral_keys('emergency_disclosure');

ALTER TABLE cover ENABLE ROW LEVEL SECURITY;

ALTER TABLE cover FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON cover FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON cover FOR SELECT TO portal_runtime USING (agency_id = (SELECT caller_agency()));

GRANT SELECT ON cover TO portal_runtime;

CREATE POLICY add ON cover FOR INSERT TO portal_runtime WITH CHECK (agency_id = (SELECT caller_agency()) AND ((SELECT caller_can('referrals:work')) OR (SELECT caller_can('referrals:allocate'))) AND set_by_id = (SELECT caller_principal()) AND ended_at IS NULL);

GRANT INSERT ON cover TO portal_runtime;

CREATE POLICY change ON cover FOR UPDATE TO portal_runtime USING (agency_id = (SELECT caller_agency()) AND ((SELECT caller_can('referrals:work')) OR (SELECT caller_can('referrals:allocate')))) WITH CHECK (agency_id = (SELECT caller_agency()) AND ((SELECT caller_can('referrals:work')) OR (SELECT caller_can('referrals:allocate'))));

GRANT UPDATE ON cover TO portal_runtime;

CREATE TRIGGER b_touch BEFORE UPDATE ON cover FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE onward_request ENABLE ROW LEVEL SECURITY;

ALTER TABLE onward_request FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON onward_request FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON onward_request FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (agency_id = (SELECT caller_agency()) OR (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = onward_request.referral_id)));

GRANT SELECT ON onward_request TO portal_runtime;

CREATE POLICY add ON onward_request FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND agency_id = (SELECT caller_agency()) AND NOT (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = onward_request.referral_id) AND answer IS NULL AND asked_by_id = (SELECT caller_principal()) AND asked_at = (SELECT caller_now()));

GRANT INSERT ON onward_request TO portal_runtime;

CREATE POLICY change ON onward_request FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = onward_request.referral_id)) WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = onward_request.referral_id));

GRANT UPDATE ON onward_request TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON onward_request FOR EACH ROW EXECUTE FUNCTION referral_child_keys('summary');

CREATE TRIGGER b_touch BEFORE UPDATE ON onward_request FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE outside_referral ENABLE ROW LEVEL SECURITY;

ALTER TABLE outside_referral FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON outside_referral FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON outside_referral FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (agency_id = (SELECT caller_agency()) OR (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = outside_referral.referral_id)));

GRANT SELECT ON outside_referral TO portal_runtime;

CREATE POLICY add ON outside_referral FOR INSERT TO portal_runtime WITH CHECK (agency_id = (SELECT caller_agency()) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND by_id = (SELECT caller_principal()));

GRANT INSERT ON outside_referral TO portal_runtime;

CREATE POLICY change ON outside_referral FOR UPDATE TO portal_runtime USING (agency_id = (SELECT caller_agency()) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work'))) WITH CHECK (agency_id = (SELECT caller_agency()) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')));

GRANT UPDATE ON outside_referral TO portal_runtime;

CREATE POLICY remove ON outside_referral FOR DELETE TO portal_runtime USING (agency_id = (SELECT caller_agency()) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')));

GRANT DELETE ON outside_referral TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON outside_referral FOR EACH ROW EXECUTE FUNCTION referral_child_keys('summary');

CREATE TRIGGER b_touch BEFORE UPDATE ON outside_referral FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE hearing ENABLE ROW LEVEL SECURITY;

ALTER TABLE hearing FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON hearing FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON hearing FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('criminal_justice')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON hearing TO portal_runtime;

CREATE POLICY add ON hearing FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')));

GRANT INSERT ON hearing TO portal_runtime;

CREATE POLICY change ON hearing FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work'))) WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')));

GRANT UPDATE ON hearing TO portal_runtime;

CREATE POLICY remove ON hearing FOR DELETE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')));

GRANT DELETE ON hearing TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON hearing FOR EACH ROW EXECUTE FUNCTION referral_child_keys('summary');

CREATE TRIGGER b_touch BEFORE UPDATE ON hearing FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE plan_item ENABLE ROW LEVEL SECURITY;

ALTER TABLE plan_item FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON plan_item FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON plan_item FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('actions')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON plan_item TO portal_runtime;

CREATE POLICY add ON plan_item FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')));

GRANT INSERT ON plan_item TO portal_runtime;

CREATE POLICY change ON plan_item FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work'))) WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')));

GRANT UPDATE ON plan_item TO portal_runtime;

CREATE POLICY remove ON plan_item FOR DELETE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')));

GRANT DELETE ON plan_item TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON plan_item FOR EACH ROW EXECUTE FUNCTION referral_child_keys('summary');

CREATE TRIGGER b_touch BEFORE UPDATE ON plan_item FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE victim_support ENABLE ROW LEVEL SECURITY;

ALTER TABLE victim_support FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON victim_support FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON victim_support FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('wishes')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON victim_support TO portal_runtime;

CREATE POLICY add ON victim_support FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys('wishes')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')));

GRANT INSERT ON victim_support TO portal_runtime;

CREATE POLICY change ON victim_support FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('wishes')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work'))) WITH CHECK (coalesce((acl && (SELECT caller_keys('wishes')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')));

GRANT UPDATE ON victim_support TO portal_runtime;

CREATE POLICY remove ON victim_support FOR DELETE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('wishes')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')));

GRANT DELETE ON victim_support TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON victim_support FOR EACH ROW EXECUTE FUNCTION referral_child_keys('full');

CREATE TRIGGER b_touch BEFORE UPDATE ON victim_support FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE support_authority ENABLE ROW LEVEL SECURITY;

ALTER TABLE support_authority FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON support_authority FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON support_authority FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('wishes')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON support_authority TO portal_runtime;

CREATE POLICY add ON support_authority FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys('wishes')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND given_by_id = (SELECT caller_principal()) AND revoked_on IS NULL);

GRANT INSERT ON support_authority TO portal_runtime;

CREATE POLICY change ON support_authority FOR UPDATE TO portal_runtime USING (coalesce((acl && (SELECT caller_keys('wishes')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')) AND revoked_on IS NULL) WITH CHECK (coalesce((acl && (SELECT caller_keys('wishes')))::int, 0) > 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('referrals:work')));

GRANT UPDATE ON support_authority TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON support_authority FOR EACH ROW EXECUTE FUNCTION referral_child_keys('full');

CREATE TRIGGER b_touch BEFORE UPDATE ON support_authority FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_revoked AFTER UPDATE ON support_authority FOR EACH ROW WHEN (NEW.revoked_on IS NOT NULL) EXECUTE FUNCTION support_revoked();

ALTER TABLE supported_matter ENABLE ROW LEVEL SECURITY;

ALTER TABLE supported_matter FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON supported_matter FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON supported_matter FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND from_on <= (SELECT caller_today()) AND coalesce(until_on >= (SELECT caller_today()), true));

GRANT SELECT ON supported_matter TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON supported_matter FOR EACH ROW EXECUTE FUNCTION supported_matter_keys();

CREATE TRIGGER b_touch BEFORE UPDATE ON supported_matter FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER y_narrow_support AFTER UPDATE OF narrow ON team FOR EACH ROW EXECUTE FUNCTION narrow_team_support();

ALTER TABLE marac_meeting ENABLE ROW LEVEL SECURITY;

ALTER TABLE marac_meeting FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON marac_meeting FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON marac_meeting FOR SELECT TO portal_runtime USING (agency_id = (SELECT caller_agency()) OR EXISTS (SELECT FROM marac_seat s WHERE s.marac_team_id = marac_meeting.team_id AND s.agency_id = (SELECT caller_agency())));

GRANT SELECT ON marac_meeting TO portal_runtime;

CREATE POLICY add ON marac_meeting FOR INSERT TO portal_runtime WITH CHECK (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('marac:coordinate')));

GRANT INSERT ON marac_meeting TO portal_runtime;

CREATE POLICY change ON marac_meeting FOR UPDATE TO portal_runtime USING (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('marac:coordinate'))) WITH CHECK (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('marac:coordinate')));

GRANT UPDATE ON marac_meeting TO portal_runtime;

CREATE TRIGGER b_touch BEFORE UPDATE ON marac_meeting FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON marac_meeting FOR EACH ROW EXECUTE FUNCTION record_change('MaracMeeting', '', 'everyone');

ALTER TABLE marac_listing ENABLE ROW LEVEL SECURITY;

ALTER TABLE marac_listing FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON marac_listing FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON marac_listing FOR SELECT TO portal_runtime USING (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON marac_listing TO portal_runtime;

CREATE POLICY add ON marac_listing FOR INSERT TO portal_runtime WITH CHECK (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('marac:coordinate')) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT INSERT ON marac_listing TO portal_runtime;

CREATE POLICY change ON marac_listing FOR UPDATE TO portal_runtime USING (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('marac:coordinate')) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false)) WITH CHECK (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('marac:coordinate')) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT UPDATE ON marac_listing TO portal_runtime;

CREATE POLICY remove ON marac_listing FOR DELETE TO portal_runtime USING (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('marac:coordinate')) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT DELETE ON marac_listing TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON marac_listing FOR EACH ROW EXECUTE FUNCTION referral_child_keys('summary');

CREATE TRIGGER b_touch BEFORE UPDATE ON marac_listing FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE marac_repeat ENABLE ROW LEVEL SECURITY;

ALTER TABLE marac_repeat FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON marac_repeat FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON marac_repeat FOR SELECT TO portal_runtime USING (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('marac:coordinate')) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON marac_repeat TO portal_runtime;

CREATE POLICY add ON marac_repeat FOR INSERT TO portal_runtime WITH CHECK (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('marac:coordinate')) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_agency()) = (SELECT r.agency_id FROM recipient r WHERE r.id = marac_repeat.recipient_id AND r.referral_id = marac_repeat.referral_id AND r.given_at IS NOT NULL));

GRANT INSERT ON marac_repeat TO portal_runtime;

CREATE POLICY change ON marac_repeat FOR UPDATE TO portal_runtime USING (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('marac:coordinate')) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false)) WITH CHECK (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('marac:coordinate')) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT UPDATE ON marac_repeat TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON marac_repeat FOR EACH ROW EXECUTE FUNCTION referral_child_keys('summary');

CREATE TRIGGER b_touch BEFORE UPDATE ON marac_repeat FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE marac_belief ENABLE ROW LEVEL SECURITY;

ALTER TABLE marac_belief FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON marac_belief FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON marac_belief FOR SELECT TO portal_runtime USING (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('marac:coordinate')) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON marac_belief TO portal_runtime;

CREATE POLICY add ON marac_belief FOR INSERT TO portal_runtime WITH CHECK (coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND ((SELECT caller_can('referrals:work')) AND (SELECT caller_agency()) = (SELECT r.sender_agency_id FROM referral r WHERE r.id = marac_belief.referral_id) OR (SELECT caller_can('marac:coordinate')) AND (SELECT caller_agency()) IN (agency_id, (SELECT r.from_agency_id FROM recipient r WHERE r.id = marac_belief.recipient_id))));

GRANT INSERT ON marac_belief TO portal_runtime;

CREATE POLICY change ON marac_belief FOR UPDATE TO portal_runtime USING (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('marac:coordinate')) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false)) WITH CHECK (agency_id = (SELECT caller_agency()) AND (SELECT caller_can('marac:coordinate')) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT UPDATE ON marac_belief TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON marac_belief FOR EACH ROW EXECUTE FUNCTION referral_child_keys('summary');

CREATE TRIGGER b_touch BEFORE UPDATE ON marac_belief FOR EACH ROW EXECUTE FUNCTION touch_row();

ALTER TABLE marac_rule ENABLE ROW LEVEL SECURITY;

ALTER TABLE marac_rule FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON marac_rule FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON marac_rule FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON marac_rule TO portal_runtime;

CREATE POLICY add ON marac_rule FOR INSERT TO portal_runtime WITH CHECK (((SELECT caller_can('frameworks:manage'))) AND (true) AND state = 'proposed' AND proposed_by_id = (SELECT caller_principal()));

GRANT INSERT ON marac_rule TO portal_runtime;

CREATE POLICY change ON marac_rule FOR UPDATE TO portal_runtime USING (((SELECT caller_can('frameworks:manage'))) AND state = 'proposed' OR (false) AND state = 'confirmed') WITH CHECK (((SELECT caller_can('frameworks:manage'))) AND state <> 'proposed');

GRANT UPDATE ON marac_rule TO portal_runtime;

CREATE TRIGGER c_proposal BEFORE INSERT OR UPDATE ON marac_rule FOR EACH ROW EXECUTE FUNCTION check_proposal();

CREATE TRIGGER b_touch BEFORE UPDATE ON marac_rule FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON marac_rule FOR EACH ROW EXECUTE FUNCTION record_change('MaracRule', '', 'everyone');

ALTER TABLE marac_seat ENABLE ROW LEVEL SECURITY;

ALTER TABLE marac_seat FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON marac_seat FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON marac_seat FOR SELECT TO portal_runtime USING ((SELECT caller_principal()) IS NOT NULL);

GRANT SELECT ON marac_seat TO portal_runtime;

CREATE POLICY add ON marac_seat FOR INSERT TO portal_runtime WITH CHECK ((SELECT caller_can('marac:coordinate')) AND (SELECT caller_agency()) = (SELECT t.agency_id FROM team t WHERE t.id = marac_seat.marac_team_id));

GRANT INSERT ON marac_seat TO portal_runtime;

CREATE POLICY change ON marac_seat FOR UPDATE TO portal_runtime USING ((SELECT caller_can('marac:coordinate')) AND (SELECT caller_agency()) = (SELECT t.agency_id FROM team t WHERE t.id = marac_seat.marac_team_id)) WITH CHECK ((SELECT caller_can('marac:coordinate')) AND (SELECT caller_agency()) = (SELECT t.agency_id FROM team t WHERE t.id = marac_seat.marac_team_id));

GRANT UPDATE ON marac_seat TO portal_runtime;

CREATE TRIGGER b_touch BEFORE UPDATE ON marac_seat FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER z_record AFTER INSERT OR UPDATE OR DELETE ON marac_seat FOR EACH ROW EXECUTE FUNCTION record_change('MaracSeat', '', 'everyone');

ALTER TABLE marac_research ENABLE ROW LEVEL SECURITY;

ALTER TABLE marac_research FORCE ROW LEVEL SECURITY;

CREATE POLICY owner ON marac_research FOR ALL TO portal_owner USING (true) WITH CHECK (true);

CREATE POLICY see ON marac_research FOR SELECT TO portal_runtime USING ((from_agency_id = (SELECT caller_agency()) OR agency_id = (SELECT caller_agency())) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT SELECT ON marac_research TO portal_runtime;

CREATE POLICY add ON marac_research FOR INSERT TO portal_runtime WITH CHECK (from_agency_id = (SELECT caller_agency()) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false) AND (SELECT caller_can('marac:coordinate')) AND (SELECT caller_agency()) = (SELECT r.agency_id FROM recipient r WHERE r.id = marac_research.recipient_id AND r.referral_id = marac_research.referral_id AND r.given_at IS NOT NULL));

GRANT INSERT ON marac_research TO portal_runtime;

CREATE POLICY change ON marac_research FOR UPDATE TO portal_runtime USING ((from_agency_id = (SELECT caller_agency()) AND (SELECT caller_can('marac:coordinate')) OR agency_id = (SELECT caller_agency()) AND (SELECT caller_can('referrals:work'))) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false)) WITH CHECK ((from_agency_id = (SELECT caller_agency()) AND (SELECT caller_can('marac:coordinate')) OR agency_id = (SELECT caller_agency()) AND (SELECT caller_can('referrals:work'))) AND coalesce((acl && (SELECT caller_keys()))::int, 0) <> 0 AND NOT coalesce(routes && (SELECT caller_closed()) AND NOT acl && (SELECT caller_urgent()), false));

GRANT UPDATE ON marac_research TO portal_runtime;

CREATE TRIGGER a_keys BEFORE INSERT OR UPDATE ON marac_research FOR EACH ROW EXECUTE FUNCTION referral_child_keys('summary');

CREATE TRIGGER b_touch BEFORE UPDATE ON marac_research FOR EACH ROW EXECUTE FUNCTION touch_row();

CREATE TRIGGER y_partners AFTER INSERT OR UPDATE OR DELETE ON partner FOR EACH ROW EXECUTE FUNCTION partner_changed();

CREATE TRIGGER y_whole AFTER INSERT OR UPDATE OR DELETE ON recipient FOR EACH ROW EXECUTE FUNCTION recipient_changed();

CREATE TRIGGER y_narrow AFTER INSERT OR UPDATE OF narrow ON team FOR EACH ROW EXECUTE FUNCTION narrow_team_cases();

CREATE TRIGGER y_spread AFTER UPDATE ON referral FOR EACH ROW WHEN (OLD.acl IS DISTINCT FROM NEW.acl OR OLD.full_acl IS DISTINCT FROM NEW.full_acl OR OLD.routes IS DISTINCT FROM NEW.routes) EXECUTE FUNCTION spread_referral_keys('recipient', 'allocation', 'referral_event', 'event_codes', 'running_clock', 'local_reference', 'subject', 'safe_contact', 'need', 'wishes', 'risk_assessment', 'case_flag', 'protective_order', 'referral_reason', 'case_action', 'case_action_codes', 'follow_on', 'emergency_disclosure', 'onward_request', 'outside_referral', 'hearing', 'plan_item', 'victim_support', 'support_authority', 'supported_matter', 'marac_listing', 'marac_repeat', 'marac_belief', 'marac_research');

CREATE TRIGGER y_keys AFTER INSERT OR UPDATE OF given_at, lost_at ON marac_research FOR EACH ROW EXECUTE FUNCTION disclosure_changed();

CREATE TRIGGER y_spread AFTER UPDATE ON initiative FOR EACH ROW WHEN (OLD.acl IS DISTINCT FROM NEW.acl) EXECUTE FUNCTION spread_initiative_keys('initiative_area', 'partner', 'stage_move', 'rating_set', 'action', 'action_move', 'milestone', 'risk', 'evidence_item', 'measure', 'observation', 'funding_line', 'initiative_theme', 'initiative_entry', 'comment', 'survivor_consultation');

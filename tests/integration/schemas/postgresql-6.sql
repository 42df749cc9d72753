CREATE TABLE alerts (
	id TEXT COLLATE "C" NOT NULL, 
	subject_kind TEXT COLLATE "C" NOT NULL, 
	subject_id TEXT COLLATE "C" NOT NULL, 
	kind TEXT COLLATE "C" NOT NULL, 
	part TEXT COLLATE "C" NOT NULL, 
	since BIGINT NOT NULL, 
	deviation TEXT COLLATE "C" NOT NULL, 
	opened_at BIGINT NOT NULL, 
	version BIGINT NOT NULL, 
	route TEXT COLLATE "C", 
	container TEXT COLLATE "C", 
	summary TEXT COLLATE "C" NOT NULL, 
	details TEXT COLLATE "C" NOT NULL, 
	acknowledged_at BIGINT, 
	acknowledged_by TEXT COLLATE "C", 
	snoozed_until BIGINT, 
	resolved_at BIGINT, 
	reason TEXT COLLATE "C", 
	shelved BOOLEAN NOT NULL, 
	comments TEXT COLLATE "C" NOT NULL, 
	notified_at BIGINT, 
	escalated INTEGER NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX alerts_kind ON alerts (kind, opened_at);
CREATE UNIQUE INDEX alerts_live ON alerts (subject_kind, subject_id, kind, part) WHERE resolved_at IS NULL OR shelved IS true;
CREATE INDEX alerts_open ON alerts (id) WHERE resolved_at IS NULL;
CREATE INDEX alerts_resolved ON alerts (resolved_at) WHERE resolved_at IS NOT NULL;
CREATE INDEX alerts_subject ON alerts (subject_kind, subject_id, id);
CREATE INDEX alerts_superseded ON alerts (subject_kind, subject_id, kind, part) WHERE reason = 'superseded';
CREATE TABLE announcements (
	item TEXT COLLATE "C" NOT NULL, 
	at BIGINT NOT NULL, 
	id TEXT COLLATE "C" NOT NULL, 
	source TEXT COLLATE "C" NOT NULL, 
	route TEXT COLLATE "C" NOT NULL, 
	due_at BIGINT, 
	cancelled BOOLEAN NOT NULL, 
	origin_site TEXT COLLATE "C", 
	rma TEXT COLLATE "C", 
	description TEXT COLLATE "C", 
	value DOUBLE PRECISION, 
	hazard_class TEXT COLLATE "C", 
	PRIMARY KEY (item, at, id, source)
);
CREATE INDEX announcements_at ON announcements (at);
CREATE TABLE answered (
	token TEXT COLLATE "C" NOT NULL, 
	key TEXT COLLATE "C" NOT NULL, 
	request TEXT COLLATE "C" NOT NULL, 
	status INTEGER NOT NULL, 
	body TEXT COLLATE "C" NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (token, key)
);
CREATE INDEX answered_at ON answered (at);
CREATE TABLE audit (
	seq BIGSERIAL NOT NULL, 
	at BIGINT NOT NULL, 
	who TEXT COLLATE "C" NOT NULL, 
	role TEXT COLLATE "C" NOT NULL, 
	action TEXT COLLATE "C" NOT NULL, 
	target TEXT COLLATE "C" NOT NULL, 
	why TEXT COLLATE "C", 
	details TEXT COLLATE "C" NOT NULL, 
	PRIMARY KEY (seq)
);
CREATE TABLE batteries (
	device TEXT COLLATE "C" NOT NULL, 
	at BIGINT NOT NULL, 
	id TEXT COLLATE "C" NOT NULL, 
	pct DOUBLE PRECISION NOT NULL, 
	PRIMARY KEY (device, at, id, pct)
);
CREATE TABLE captures (
	id TEXT COLLATE "C" NOT NULL, 
	device TEXT COLLATE "C" NOT NULL, 
	restoring BOOLEAN NOT NULL, 
	behaviour TEXT COLLATE "C" NOT NULL, 
	created_at BIGINT NOT NULL, 
	finished_at BIGINT, 
	document BYTEA, 
	events INTEGER NOT NULL, 
	done INTEGER NOT NULL, 
	errors TEXT COLLATE "C" NOT NULL, 
	notes TEXT COLLATE "C" NOT NULL, 
	PRIMARY KEY (id)
);
CREATE INDEX captures_finished ON captures (finished_at, id);
CREATE TABLE events (
	seq BIGSERIAL NOT NULL, 
	origin TEXT COLLATE "C" NOT NULL, 
	id TEXT COLLATE "C" NOT NULL, 
	what TEXT COLLATE "C" NOT NULL, 
	at BIGINT NOT NULL, 
	received_at BIGINT NOT NULL, 
	payload TEXT COLLATE "C" NOT NULL, 
	result BYTEA NOT NULL, 
	PRIMARY KEY (seq)
);
CREATE UNIQUE INDEX events_identity ON events (origin, id);
CREATE INDEX events_received ON events (received_at, seq);
CREATE INDEX events_voiding ON events (origin, at) WHERE strpos(payload, '"voids"') > 0;
CREATE TABLE excursions (
	container TEXT COLLATE "C" NOT NULL, 
	at BIGINT NOT NULL, 
	id TEXT COLLATE "C" NOT NULL, 
	device TEXT COLLATE "C" NOT NULL, 
	sensor TEXT COLLATE "C" NOT NULL, 
	value DOUBLE PRECISION NOT NULL, 
	PRIMARY KEY (container, at, id, device, sensor)
);
CREATE INDEX excursions_sensor ON excursions (container, sensor, at);
CREATE TABLE expected_sites (
	site TEXT COLLATE "C" NOT NULL, 
	kind TEXT COLLATE "C" NOT NULL, 
	status TEXT COLLATE "C" NOT NULL, 
	subject TEXT COLLATE "C" NOT NULL, 
	PRIMARY KEY (site, kind, status, subject)
);
CREATE INDEX expected_sites_subject ON expected_sites (subject, site);
CREATE TABLE journey_marks (
	seq BIGSERIAL NOT NULL, 
	at BIGINT NOT NULL, 
	subjects TEXT COLLATE "C" NOT NULL, 
	PRIMARY KEY (seq)
);
CREATE TABLE mentions (
	seq BIGSERIAL NOT NULL, 
	name TEXT COLLATE "C" NOT NULL, 
	at BIGINT NOT NULL, 
	id TEXT COLLATE "C" NOT NULL, 
	device TEXT COLLATE "C" NOT NULL, 
	PRIMARY KEY (seq)
);
CREATE INDEX mentions_event ON mentions (device, id);
CREATE UNIQUE INDEX mentions_name ON mentions (name, at, id, device);
CREATE TABLE meta (
	key TEXT COLLATE "C" NOT NULL, 
	value TEXT COLLATE "C" NOT NULL, 
	PRIMARY KEY (key)
);
CREATE TABLE milestones (
	seq BIGSERIAL NOT NULL, 
	subject TEXT COLLATE "C" NOT NULL, 
	begin BIGINT NOT NULL, 
	measurement TEXT COLLATE "C" NOT NULL, 
	at BIGINT NOT NULL, 
	tags TEXT COLLATE "C" NOT NULL, 
	fields TEXT COLLATE "C" NOT NULL, 
	n INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	told BOOLEAN NOT NULL, 
	PRIMARY KEY (seq)
);
CREATE INDEX milestones_at ON milestones (measurement, at, seq);
CREATE INDEX milestones_subject ON milestones (subject, seq);
CREATE INDEX milestones_untold ON milestones (seq) WHERE told IS false;
CREATE TABLE outbox (
	seq BIGSERIAL NOT NULL, 
	lane TEXT COLLATE "C" NOT NULL, 
	key TEXT COLLATE "C" NOT NULL, 
	body TEXT COLLATE "C" NOT NULL, 
	due_at BIGINT NOT NULL, 
	PRIMARY KEY (seq)
);
CREATE INDEX outbox_due ON outbox (lane, due_at);
CREATE INDEX outbox_order ON outbox (lane, seq);
CREATE TABLE positions (
	container TEXT COLLATE "C" NOT NULL, 
	at BIGINT NOT NULL, 
	id TEXT COLLATE "C" NOT NULL, 
	device TEXT COLLATE "C" NOT NULL, 
	site TEXT COLLATE "C", 
	counted BOOLEAN NOT NULL, 
	lat DOUBLE PRECISION NOT NULL, 
	lon DOUBLE PRECISION NOT NULL, 
	accuracy_m DOUBLE PRECISION, 
	speed_kmh DOUBLE PRECISION, 
	heading_deg DOUBLE PRECISION, 
	altitude_m DOUBLE PRECISION, 
	battery_pct DOUBLE PRECISION, 
	sensors TEXT COLLATE "C", 
	door TEXT COLLATE "C", 
	PRIMARY KEY (container, at, id, device)
);
CREATE INDEX positions_at ON positions (at);
CREATE TABLE quarantine (
	seq BIGSERIAL NOT NULL, 
	id TEXT COLLATE "C" NOT NULL, 
	topic TEXT COLLATE "C" NOT NULL, 
	payload BYTEA NOT NULL, 
	received_at BIGINT NOT NULL, 
	reason TEXT COLLATE "C" NOT NULL, 
	message TEXT COLLATE "C" NOT NULL, 
	event_id TEXT COLLATE "C", 
	field TEXT COLLATE "C", 
	value TEXT COLLATE "C", 
	trace TEXT COLLATE "C", 
	status TEXT COLLATE "C" NOT NULL, 
	seen INTEGER NOT NULL, 
	PRIMARY KEY (seq)
);
CREATE UNIQUE INDEX quarantine_id ON quarantine (id);
CREATE INDEX quarantine_newest ON quarantine (status, seq);
CREATE INDEX quarantine_received ON quarantine (received_at, seq);
CREATE INDEX quarantine_status ON quarantine (status, id);
CREATE TABLE refused_points (
	seq BIGSERIAL NOT NULL, 
	refused_at BIGINT NOT NULL, 
	measurement TEXT COLLATE "C" NOT NULL, 
	point TEXT COLLATE "C" NOT NULL, 
	reason TEXT COLLATE "C" NOT NULL, 
	PRIMARY KEY (seq)
);
CREATE TABLE repeats (
	seq BIGSERIAL NOT NULL, 
	origin TEXT COLLATE "C", 
	id TEXT COLLATE "C", 
	entry TEXT COLLATE "C", 
	received_at BIGINT NOT NULL, 
	PRIMARY KEY (seq)
);
CREATE INDEX repeats_received ON repeats (received_at, seq);
CREATE TABLE scans (
	subject TEXT COLLATE "C" NOT NULL, 
	at BIGINT NOT NULL, 
	id TEXT COLLATE "C" NOT NULL, 
	device TEXT COLLATE "C" NOT NULL, 
	site TEXT COLLATE "C" NOT NULL, 
	step TEXT COLLATE "C" NOT NULL, 
	container TEXT COLLATE "C", 
	as_item BOOLEAN NOT NULL, 
	items INTEGER NOT NULL, 
	disposition TEXT COLLATE "C", 
	PRIMARY KEY (subject, at, id, device)
);
CREATE INDEX scans_at ON scans (at);
CREATE INDEX scans_container ON scans (container, at) WHERE container IS NOT NULL;
CREATE TABLE schema_version (
	version INTEGER NOT NULL
);
CREATE TABLE sessions (
	digest TEXT COLLATE "C" NOT NULL, 
	token TEXT COLLATE "C" NOT NULL, 
	csrf TEXT COLLATE "C" NOT NULL, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	PRIMARY KEY (digest)
);
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX sessions_token ON sessions (token);
CREATE TABLE standings (
	subject TEXT COLLATE "C" NOT NULL, 
	kind TEXT COLLATE "C" NOT NULL, 
	route TEXT COLLATE "C", 
	status TEXT COLLATE "C", 
	site TEXT COLLATE "C", 
	since BIGINT, 
	leave_by BIGINT, 
	turns INTEGER NOT NULL, 
	PRIMARY KEY (subject)
);
CREATE INDEX standings_route ON standings (route, kind, subject);
CREATE INDEX standings_site ON standings (site, kind, subject);
CREATE INDEX standings_status ON standings (status, kind, subject);
CREATE TABLE stays (
	item TEXT COLLATE "C" NOT NULL, 
	since_at BIGINT NOT NULL, 
	since_id TEXT COLLATE "C" NOT NULL, 
	since_device TEXT COLLATE "C" NOT NULL, 
	container TEXT COLLATE "C" NOT NULL, 
	until_at BIGINT NOT NULL, 
	until_id TEXT COLLATE "C", 
	until_device TEXT COLLATE "C", 
	blind_site TEXT COLLATE "C", 
	PRIMARY KEY (item, since_at, since_id, since_device)
);
CREATE INDEX stays_container ON stays (container, until_at);
CREATE TABLE subject_changes (
	seq BIGSERIAL NOT NULL, 
	subjects TEXT COLLATE "C" NOT NULL, 
	PRIMARY KEY (seq)
);
CREATE TABLE subjects (
	scope TEXT COLLATE "C" NOT NULL, 
	id TEXT COLLATE "C" NOT NULL, 
	kind TEXT COLLATE "C" NOT NULL, 
	status TEXT COLLATE "C", 
	stop INTEGER, 
	route TEXT COLLATE "C", 
	parent TEXT COLLATE "C", 
	look_again BIGINT, 
	own TEXT COLLATE "C", 
	taken TEXT COLLATE "C", 
	shared BOOLEAN NOT NULL, 
	telling BOOLEAN NOT NULL, 
	memo TEXT COLLATE "C", 
	failed TEXT COLLATE "C", 
	PRIMARY KEY (scope, id)
);
CREATE INDEX subjects_backtracked ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (strpos(own, '"backtracked"') > 0 OR strpos(taken, '"backtracked"') > 0);
CREATE INDEX subjects_containers ON subjects (id) WHERE scope = 'goods' AND kind = 'container';
CREATE INDEX subjects_count_mismatch ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (strpos(own, '"count_mismatch"') > 0 OR strpos(taken, '"count_mismatch"') > 0);
CREATE INDEX subjects_delayed ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (strpos(own, '"delayed"') > 0 OR strpos(taken, '"delayed"') > 0);
CREATE INDEX subjects_due ON subjects (look_again) WHERE look_again IS NOT NULL;
CREATE INDEX subjects_ended_route ON subjects (route, id) WHERE scope = 'goods' AND (status = 'completed' OR status = 'cancelled' OR status = 'unplanned');
CREATE INDEX subjects_ended_status ON subjects (status, id) WHERE scope = 'goods' AND (status = 'completed' OR status = 'cancelled' OR status = 'unplanned');
CREATE INDEX subjects_excursion ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (strpos(own, '"excursion"') > 0 OR strpos(taken, '"excursion"') > 0);
CREATE INDEX subjects_flagged ON subjects (scope) WHERE shared IS true;
CREATE INDEX subjects_impossible_travel ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (strpos(own, '"impossible_travel"') > 0 OR strpos(taken, '"impossible_travel"') > 0);
CREATE INDEX subjects_misrouted ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (strpos(own, '"misrouted"') > 0 OR strpos(taken, '"misrouted"') > 0);
CREATE INDEX subjects_missing ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (strpos(own, '"missing"') > 0 OR strpos(taken, '"missing"') > 0);
CREATE INDEX subjects_not_collected ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (strpos(own, '"not_collected"') > 0 OR strpos(taken, '"not_collected"') > 0);
CREATE INDEX subjects_overdue ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (strpos(own, '"overdue"') > 0 OR strpos(taken, '"overdue"') > 0);
CREATE INDEX subjects_overdwell ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (strpos(own, '"overdwell"') > 0 OR strpos(taken, '"overdwell"') > 0);
CREATE INDEX subjects_parent ON subjects (parent, telling) WHERE parent IS NOT NULL;
CREATE INDEX subjects_seen_after_end ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (strpos(own, '"seen_after_end"') > 0 OR strpos(taken, '"seen_after_end"') > 0);
CREATE INDEX subjects_skipped ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (strpos(own, '"skipped"') > 0 OR strpos(taken, '"skipped"') > 0);
CREATE INDEX subjects_unexpected ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (strpos(own, '"unexpected"') > 0 OR strpos(taken, '"unexpected"') > 0);
CREATE TABLE tokens (
	id TEXT COLLATE "C" NOT NULL, 
	digest TEXT COLLATE "C" NOT NULL, 
	name TEXT COLLATE "C" NOT NULL, 
	role TEXT COLLATE "C" NOT NULL, 
	source TEXT COLLATE "C", 
	created_at BIGINT NOT NULL, 
	created_by TEXT COLLATE "C" NOT NULL, 
	revoked_at BIGINT, 
	PRIMARY KEY (id)
);
CREATE UNIQUE INDEX tokens_digest ON tokens (digest);
CREATE TABLE transitions (
	seq BIGSERIAL NOT NULL, 
	alert_id TEXT COLLATE "C" NOT NULL, 
	at BIGINT NOT NULL, 
	body TEXT COLLATE "C" NOT NULL, 
	route TEXT COLLATE "C", 
	PRIMARY KEY (seq)
);
CREATE INDEX transitions_alert ON transitions (alert_id, seq);
CREATE INDEX transitions_at ON transitions (at);
CREATE TABLE unpackings (
	container TEXT COLLATE "C" NOT NULL, 
	begin_at BIGINT NOT NULL, 
	begin_id TEXT COLLATE "C" NOT NULL, 
	begin_device TEXT COLLATE "C" NOT NULL, 
	site TEXT COLLATE "C" NOT NULL, 
	body TEXT COLLATE "C" NOT NULL, 
	PRIMARY KEY (container, begin_at, begin_id, begin_device, site)
);
CREATE TABLE visits (
	container TEXT COLLATE "C" NOT NULL, 
	at BIGINT NOT NULL, 
	id TEXT COLLATE "C" NOT NULL, 
	device TEXT COLLATE "C" NOT NULL, 
	site TEXT COLLATE "C" NOT NULL, 
	step TEXT COLLATE "C" NOT NULL, 
	confirmed_at BIGINT NOT NULL, 
	PRIMARY KEY (container, at, id, device)
);
CREATE TABLE voids (
	origin TEXT COLLATE "C" NOT NULL, 
	id TEXT COLLATE "C" NOT NULL, 
	PRIMARY KEY (origin, id)
);

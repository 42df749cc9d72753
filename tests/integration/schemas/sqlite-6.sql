CREATE TABLE alerts (
	id TEXT NOT NULL, 
	subject_kind TEXT NOT NULL, 
	subject_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	part TEXT NOT NULL, 
	since BIGINT NOT NULL, 
	deviation TEXT NOT NULL, 
	opened_at BIGINT NOT NULL, 
	version BIGINT NOT NULL, 
	route TEXT, 
	container TEXT, 
	summary TEXT NOT NULL, 
	details TEXT NOT NULL, 
	acknowledged_at BIGINT, 
	acknowledged_by TEXT, 
	snoozed_until BIGINT, 
	resolved_at BIGINT, 
	reason TEXT, 
	shelved BOOLEAN NOT NULL, 
	comments TEXT NOT NULL, 
	notified_at BIGINT, 
	escalated INTEGER NOT NULL, 
	PRIMARY KEY (id)
)
 WITHOUT ROWID;
CREATE INDEX alerts_kind ON alerts (kind, opened_at);
CREATE UNIQUE INDEX alerts_live ON alerts (subject_kind, subject_id, kind, part) WHERE resolved_at IS NULL OR shelved IS 1;
CREATE INDEX alerts_open ON alerts (id) WHERE resolved_at IS NULL;
CREATE INDEX alerts_resolved ON alerts (resolved_at) WHERE resolved_at IS NOT NULL;
CREATE INDEX alerts_subject ON alerts (subject_kind, subject_id, id);
CREATE INDEX alerts_superseded ON alerts (subject_kind, subject_id, kind, part) WHERE reason = 'superseded';
CREATE TABLE announcements (
	item TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	id TEXT NOT NULL, 
	source TEXT NOT NULL, 
	route TEXT NOT NULL, 
	due_at BIGINT, 
	cancelled BOOLEAN NOT NULL, 
	origin_site TEXT, 
	rma TEXT, 
	description TEXT, 
	value DOUBLE, 
	hazard_class TEXT, 
	PRIMARY KEY (item, at, id, source)
)
 WITHOUT ROWID;
CREATE INDEX announcements_at ON announcements (at);
CREATE TABLE answered (
	token TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	request TEXT NOT NULL, 
	status INTEGER NOT NULL, 
	body TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	PRIMARY KEY (token, "key")
)
 WITHOUT ROWID;
CREATE INDEX answered_at ON answered (at);
CREATE TABLE audit (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at BIGINT NOT NULL, 
	who TEXT NOT NULL, 
	role TEXT NOT NULL, 
	action TEXT NOT NULL, 
	target TEXT NOT NULL, 
	why TEXT, 
	details TEXT NOT NULL
);
CREATE TABLE batteries (
	device TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	id TEXT NOT NULL, 
	pct DOUBLE NOT NULL, 
	PRIMARY KEY (device, at, id, pct)
)
 WITHOUT ROWID;
CREATE TABLE captures (
	id TEXT NOT NULL, 
	device TEXT NOT NULL, 
	restoring BOOLEAN NOT NULL, 
	behaviour TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	finished_at BIGINT, 
	document BLOB, 
	events INTEGER NOT NULL, 
	done INTEGER NOT NULL, 
	errors TEXT NOT NULL, 
	notes TEXT NOT NULL, 
	PRIMARY KEY (id)
)
 WITHOUT ROWID;
CREATE INDEX captures_finished ON captures (finished_at, id);
CREATE TABLE events (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	origin TEXT NOT NULL, 
	id TEXT NOT NULL, 
	what TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	received_at BIGINT NOT NULL, 
	payload TEXT NOT NULL, 
	result BLOB NOT NULL
);
CREATE UNIQUE INDEX events_identity ON events (origin, id);
CREATE INDEX events_received ON events (received_at, seq);
CREATE INDEX events_voiding ON events (origin, at) WHERE instr(payload, '"voids"') > 0;
CREATE TABLE excursions (
	container TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	id TEXT NOT NULL, 
	device TEXT NOT NULL, 
	sensor TEXT NOT NULL, 
	value DOUBLE NOT NULL, 
	PRIMARY KEY (container, at, id, device, sensor)
)
 WITHOUT ROWID;
CREATE INDEX excursions_sensor ON excursions (container, sensor, at);
CREATE TABLE expected_sites (
	site TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	status TEXT NOT NULL, 
	subject TEXT NOT NULL, 
	PRIMARY KEY (site, kind, status, subject)
)
 WITHOUT ROWID;
CREATE INDEX expected_sites_subject ON expected_sites (subject, site);
CREATE TABLE journey_marks (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	at BIGINT NOT NULL, 
	subjects TEXT NOT NULL
);
CREATE TABLE mentions (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	id TEXT NOT NULL, 
	device TEXT NOT NULL
);
CREATE INDEX mentions_event ON mentions (device, id);
CREATE UNIQUE INDEX mentions_name ON mentions (name, at, id, device);
CREATE TABLE meta (
	"key" TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
)
 WITHOUT ROWID;
CREATE TABLE milestones (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	subject TEXT NOT NULL, 
	"begin" BIGINT NOT NULL, 
	measurement TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	tags TEXT NOT NULL, 
	fields TEXT NOT NULL, 
	n INTEGER NOT NULL, 
	version INTEGER NOT NULL, 
	told BOOLEAN NOT NULL
);
CREATE INDEX milestones_at ON milestones (measurement, at, seq);
CREATE INDEX milestones_subject ON milestones (subject, seq);
CREATE INDEX milestones_untold ON milestones (seq) WHERE told IS 0;
CREATE TABLE outbox (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	lane TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	body TEXT NOT NULL, 
	due_at BIGINT NOT NULL
);
CREATE INDEX outbox_due ON outbox (lane, due_at);
CREATE INDEX outbox_order ON outbox (lane, seq);
CREATE TABLE positions (
	container TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	id TEXT NOT NULL, 
	device TEXT NOT NULL, 
	site TEXT, 
	counted BOOLEAN NOT NULL, 
	lat DOUBLE NOT NULL, 
	lon DOUBLE NOT NULL, 
	accuracy_m DOUBLE, 
	speed_kmh DOUBLE, 
	heading_deg DOUBLE, 
	altitude_m DOUBLE, 
	battery_pct DOUBLE, 
	sensors TEXT, 
	door TEXT, 
	PRIMARY KEY (container, at, id, device)
)
 WITHOUT ROWID;
CREATE INDEX positions_at ON positions (at);
CREATE TABLE quarantine (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	id TEXT NOT NULL, 
	topic TEXT NOT NULL, 
	payload BLOB NOT NULL, 
	received_at BIGINT NOT NULL, 
	reason TEXT NOT NULL, 
	message TEXT NOT NULL, 
	event_id TEXT, 
	field TEXT, 
	value TEXT, 
	trace TEXT, 
	status TEXT NOT NULL, 
	seen INTEGER NOT NULL
);
CREATE UNIQUE INDEX quarantine_id ON quarantine (id);
CREATE INDEX quarantine_newest ON quarantine (status, seq);
CREATE INDEX quarantine_received ON quarantine (received_at, seq);
CREATE INDEX quarantine_status ON quarantine (status, id);
CREATE TABLE refused_points (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	refused_at BIGINT NOT NULL, 
	measurement TEXT NOT NULL, 
	point TEXT NOT NULL, 
	reason TEXT NOT NULL
);
CREATE TABLE repeats (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	origin TEXT, 
	id TEXT, 
	entry TEXT, 
	received_at BIGINT NOT NULL
);
CREATE INDEX repeats_received ON repeats (received_at, seq);
CREATE TABLE scans (
	subject TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	id TEXT NOT NULL, 
	device TEXT NOT NULL, 
	site TEXT NOT NULL, 
	step TEXT NOT NULL, 
	container TEXT, 
	as_item BOOLEAN NOT NULL, 
	items INTEGER NOT NULL, 
	disposition TEXT, 
	PRIMARY KEY (subject, at, id, device)
)
 WITHOUT ROWID;
CREATE INDEX scans_at ON scans (at);
CREATE INDEX scans_container ON scans (container, at) WHERE container IS NOT NULL;
CREATE TABLE schema_version (
	version INTEGER NOT NULL
);
CREATE TABLE sessions (
	digest TEXT NOT NULL, 
	token TEXT NOT NULL, 
	csrf TEXT NOT NULL, 
	created_at BIGINT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	PRIMARY KEY (digest)
)
 WITHOUT ROWID;
CREATE INDEX sessions_expiry ON sessions (expires_at);
CREATE INDEX sessions_token ON sessions (token);
CREATE TABLE standings (
	subject TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	route TEXT, 
	status TEXT, 
	site TEXT, 
	since BIGINT, 
	leave_by BIGINT, 
	turns INTEGER NOT NULL, 
	PRIMARY KEY (subject)
)
 WITHOUT ROWID;
CREATE INDEX standings_route ON standings (route, kind, subject);
CREATE INDEX standings_site ON standings (site, kind, subject);
CREATE INDEX standings_status ON standings (status, kind, subject);
CREATE TABLE stays (
	item TEXT NOT NULL, 
	since_at BIGINT NOT NULL, 
	since_id TEXT NOT NULL, 
	since_device TEXT NOT NULL, 
	container TEXT NOT NULL, 
	until_at BIGINT NOT NULL, 
	until_id TEXT, 
	until_device TEXT, 
	blind_site TEXT, 
	PRIMARY KEY (item, since_at, since_id, since_device)
)
 WITHOUT ROWID;
CREATE INDEX stays_container ON stays (container, until_at);
CREATE TABLE subject_changes (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	subjects TEXT NOT NULL
);
CREATE TABLE subjects (
	scope TEXT NOT NULL, 
	id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	status TEXT, 
	stop INTEGER, 
	route TEXT, 
	parent TEXT, 
	look_again BIGINT, 
	own TEXT, 
	taken TEXT, 
	shared BOOLEAN NOT NULL, 
	telling BOOLEAN NOT NULL, 
	memo TEXT, 
	failed TEXT, 
	PRIMARY KEY (scope, id)
)
 WITHOUT ROWID;
CREATE INDEX subjects_backtracked ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (instr(own, '"backtracked"') > 0 OR instr(taken, '"backtracked"') > 0);
CREATE INDEX subjects_containers ON subjects (id) WHERE scope = 'goods' AND kind = 'container';
CREATE INDEX subjects_count_mismatch ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (instr(own, '"count_mismatch"') > 0 OR instr(taken, '"count_mismatch"') > 0);
CREATE INDEX subjects_delayed ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (instr(own, '"delayed"') > 0 OR instr(taken, '"delayed"') > 0);
CREATE INDEX subjects_due ON subjects (look_again) WHERE look_again IS NOT NULL;
CREATE INDEX subjects_ended_route ON subjects (route, id) WHERE scope = 'goods' AND (status = 'completed' OR status = 'cancelled' OR status = 'unplanned');
CREATE INDEX subjects_ended_status ON subjects (status, id) WHERE scope = 'goods' AND (status = 'completed' OR status = 'cancelled' OR status = 'unplanned');
CREATE INDEX subjects_excursion ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (instr(own, '"excursion"') > 0 OR instr(taken, '"excursion"') > 0);
CREATE INDEX subjects_flagged ON subjects (scope) WHERE shared IS 1;
CREATE INDEX subjects_impossible_travel ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (instr(own, '"impossible_travel"') > 0 OR instr(taken, '"impossible_travel"') > 0);
CREATE INDEX subjects_misrouted ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (instr(own, '"misrouted"') > 0 OR instr(taken, '"misrouted"') > 0);
CREATE INDEX subjects_missing ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (instr(own, '"missing"') > 0 OR instr(taken, '"missing"') > 0);
CREATE INDEX subjects_not_collected ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (instr(own, '"not_collected"') > 0 OR instr(taken, '"not_collected"') > 0);
CREATE INDEX subjects_overdue ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (instr(own, '"overdue"') > 0 OR instr(taken, '"overdue"') > 0);
CREATE INDEX subjects_overdwell ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (instr(own, '"overdwell"') > 0 OR instr(taken, '"overdwell"') > 0);
CREATE INDEX subjects_parent ON subjects (parent, telling) WHERE parent IS NOT NULL;
CREATE INDEX subjects_seen_after_end ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (instr(own, '"seen_after_end"') > 0 OR instr(taken, '"seen_after_end"') > 0);
CREATE INDEX subjects_skipped ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (instr(own, '"skipped"') > 0 OR instr(taken, '"skipped"') > 0);
CREATE INDEX subjects_unexpected ON subjects (id) WHERE (own IS NOT NULL OR taken IS NOT NULL) AND (instr(own, '"unexpected"') > 0 OR instr(taken, '"unexpected"') > 0);
CREATE TABLE tokens (
	id TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	name TEXT NOT NULL, 
	role TEXT NOT NULL, 
	source TEXT, 
	created_at BIGINT NOT NULL, 
	created_by TEXT NOT NULL, 
	revoked_at BIGINT, 
	PRIMARY KEY (id)
)
 WITHOUT ROWID;
CREATE UNIQUE INDEX tokens_digest ON tokens (digest);
CREATE TABLE transitions (
	seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	alert_id TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	body TEXT NOT NULL, 
	route TEXT
);
CREATE INDEX transitions_alert ON transitions (alert_id, seq);
CREATE INDEX transitions_at ON transitions (at);
CREATE TABLE unpackings (
	container TEXT NOT NULL, 
	begin_at BIGINT NOT NULL, 
	begin_id TEXT NOT NULL, 
	begin_device TEXT NOT NULL, 
	site TEXT NOT NULL, 
	body TEXT NOT NULL, 
	PRIMARY KEY (container, begin_at, begin_id, begin_device, site)
)
 WITHOUT ROWID;
CREATE TABLE visits (
	container TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	id TEXT NOT NULL, 
	device TEXT NOT NULL, 
	site TEXT NOT NULL, 
	step TEXT NOT NULL, 
	confirmed_at BIGINT NOT NULL, 
	PRIMARY KEY (container, at, id, device)
)
 WITHOUT ROWID;
CREATE TABLE voids (
	origin TEXT NOT NULL, 
	id TEXT NOT NULL, 
	PRIMARY KEY (origin, id)
)
 WITHOUT ROWID;

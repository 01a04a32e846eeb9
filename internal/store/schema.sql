-- The schema on SQLite after all migrations. Made by go test ./internal/store -update.

CREATE TABLE body (
  id TEXT NOT NULL,
  province TEXT NOT NULL,
  kind TEXT NOT NULL,
  name_fa TEXT NOT NULL,
  name_en TEXT NOT NULL,
  parent TEXT NOT NULL,
  county TEXT NOT NULL,
  state TEXT NOT NULL,
  fields TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE INDEX body_kind ON body (province, kind);
CREATE INDEX body_parent ON body (parent);
CREATE TABLE calendar_day (
  calendar TEXT NOT NULL,
  date TEXT NOT NULL,
  version INTEGER NOT NULL,
  open INTEGER NOT NULL,
  reason_fa TEXT NOT NULL,
  reason_en TEXT NOT NULL,
  source TEXT NOT NULL,
  entered_by TEXT NOT NULL,
  entered_at INTEGER NOT NULL,
  PRIMARY KEY (calendar, date, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE case_dedup (
  province TEXT NOT NULL,
  key TEXT NOT NULL,
  case_id TEXT NOT NULL,
  PRIMARY KEY (province, key, case_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_dedup_case ON case_dedup (province, case_id);
CREATE TABLE case_hold (
  province TEXT NOT NULL,
  id TEXT NOT NULL,
  case_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  held_by TEXT NOT NULL,
  held_at INTEGER NOT NULL,
  lifted_by TEXT NOT NULL,
  lifted_at INTEGER NOT NULL,
  PRIMARY KEY (province, id)
) STRICT;
CREATE INDEX case_hold_case ON case_hold (province, case_id);
CREATE TABLE case_party (
  province TEXT NOT NULL,
  case_id TEXT NOT NULL,
  relation TEXT NOT NULL,
  subject TEXT NOT NULL,
  PRIMARY KEY (province, case_id, relation)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_party_subject ON case_party (province, subject, relation, case_id);
CREATE TABLE case_tally (
  province TEXT NOT NULL,
  case_id TEXT NOT NULL,
  procedure TEXT NOT NULL,
  what TEXT NOT NULL,
  key TEXT NOT NULL,
  subject TEXT NOT NULL,
  day TEXT NOT NULL,
  amount INTEGER NOT NULL,
  PRIMARY KEY (province, case_id, what, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX case_tally_key ON case_tally (province, procedure, what, key, subject);
CREATE TABLE cases (
  province TEXT NOT NULL,
  id TEXT NOT NULL,
  number TEXT NOT NULL,
  procedure TEXT NOT NULL,
  definition TEXT NOT NULL,
  unit TEXT NOT NULL,
  unit_name TEXT NOT NULL,
  county TEXT NOT NULL,
  stage TEXT NOT NULL,
  outcome TEXT NOT NULL,
  holder_role TEXT NOT NULL,
  holder_subject TEXT NOT NULL,
  side TEXT NOT NULL,
  version INTEGER NOT NULL,
  seq INTEGER NOT NULL CHECK (seq > 0),
  due INTEGER NOT NULL,
  amount INTEGER NOT NULL,
  opened INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  search TEXT NOT NULL,
  sample INTEGER NOT NULL,
  state BLOB NOT NULL,
  PRIMARY KEY (province, id)
) STRICT;
CREATE INDEX cases_amount ON cases (province, amount, id);
CREATE INDEX cases_changed ON cases (province, changed, id);
CREATE INDEX cases_closed ON cases (province, changed, id) WHERE outcome <> '';
CREATE INDEX cases_county ON cases (province, county, due, id, procedure, outcome, stage);
CREATE INDEX cases_due ON cases (province, due, id);
CREATE UNIQUE INDEX cases_number ON cases (province, number) WHERE number <> '';
CREATE INDEX cases_opened ON cases (province, opened, id, search);
CREATE INDEX cases_queue ON cases (province, holder_role, outcome, due, id);
CREATE INDEX cases_running ON cases (province, definition, id) WHERE outcome = '';
CREATE TABLE checkpoint (
  province TEXT NOT NULL,
  size INTEGER NOT NULL,
  root BLOB NOT NULL,
  note BLOB NOT NULL,
  signed_at INTEGER NOT NULL,
  PRIMARY KEY (province)
) STRICT;
CREATE TABLE content (
  name TEXT NOT NULL,
  sealed BLOB NOT NULL,
  PRIMARY KEY (name)
) STRICT;
CREATE TABLE cosignature (
  province TEXT NOT NULL,
  witness TEXT NOT NULL,
  size INTEGER NOT NULL,
  note BLOB NOT NULL,
  PRIMARY KEY (province, witness)
) STRICT;
CREATE TABLE credential (
  id TEXT NOT NULL,
  person TEXT NOT NULL,
  kind TEXT NOT NULL,
  login_key TEXT NOT NULL,
  secret TEXT NOT NULL,
  state TEXT NOT NULL,
  must_change INTEGER NOT NULL,
  counter INTEGER NOT NULL,
  created INTEGER NOT NULL,
  used INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE UNIQUE INDEX credential_login ON credential (login_key) WHERE login_key <> '';
CREATE INDEX credential_person ON credential (person, kind);
CREATE TABLE datakey (
  id TEXT NOT NULL,
  wrapped BLOB NOT NULL,
  created INTEGER NOT NULL,
  destroyed INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;
CREATE TABLE deadline (
  province TEXT NOT NULL,
  case_id TEXT NOT NULL,
  clock TEXT NOT NULL,
  state TEXT NOT NULL,
  due INTEGER NOT NULL,
  warn INTEGER NOT NULL,
  warned INTEGER NOT NULL,
  wake INTEGER NOT NULL,
  calendar TEXT NOT NULL,
  PRIMARY KEY (province, case_id, clock)
) STRICT, WITHOUT ROWID;
CREATE INDEX deadline_wake ON deadline (wake, province, case_id, clock) WHERE state = 'running';
CREATE TABLE definition (
  hash TEXT NOT NULL,
  id TEXT NOT NULL,
  version TEXT NOT NULL,
  canonical BLOB NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  published_at INTEGER NOT NULL,
  entry TEXT NOT NULL,
  approvers TEXT NOT NULL,
  state TEXT NOT NULL,
  PRIMARY KEY (hash)
) STRICT;
CREATE INDEX definition_id ON definition (id, state, valid_from);
CREATE TABLE delegation (
  province TEXT NOT NULL,
  id TEXT NOT NULL,
  scope TEXT NOT NULL,
  giver TEXT NOT NULL,
  taker TEXT NOT NULL,
  ceiling INTEGER,
  document TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  revoked INTEGER NOT NULL,
  PRIMARY KEY (province, id)
) STRICT;
CREATE INDEX delegation_scope ON delegation (province, scope, valid_from);
CREATE INDEX delegation_taker ON delegation (province, taker);
CREATE TABLE document (
  province TEXT NOT NULL,
  hash TEXT NOT NULL,
  media TEXT NOT NULL,
  size INTEGER NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  uploaded_by TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (province, hash)
) STRICT;
CREATE TABLE document_use (
  province TEXT NOT NULL,
  owner TEXT NOT NULL,
  code TEXT NOT NULL,
  hash TEXT NOT NULL,
  name TEXT NOT NULL,
  entry TEXT NOT NULL,
  by_person TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (province, owner, code, hash)
) STRICT;
CREATE INDEX document_use_hash ON document_use (province, hash);
CREATE TABLE entry (
  province TEXT NOT NULL,
  case_id TEXT NOT NULL,
  seq INTEGER NOT NULL CHECK (seq > 0),
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  leaf INTEGER,
  bytes BLOB NOT NULL, tag BLOB,
  PRIMARY KEY (province, case_id, seq)
) STRICT;
CREATE UNIQUE INDEX entry_id ON entry (province, id);
CREATE UNIQUE INDEX entry_leaf ON entry (province, leaf) WHERE leaf IS NOT NULL;
CREATE INDEX entry_read ON entry (province, at) WHERE kind = 'read';
CREATE INDEX entry_unnumbered ON entry (province, at, case_id, seq) WHERE leaf IS NULL;
CREATE TABLE erasure (
  province TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  basis TEXT NOT NULL,
  reason TEXT NOT NULL,
  state TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_at INTEGER NOT NULL,
  decided_by TEXT NOT NULL,
  decided_at INTEGER NOT NULL,
  what TEXT NOT NULL,
  PRIMARY KEY (province, id)
) STRICT;
CREATE INDEX erasure_state ON erasure (province, state, asked_at);
CREATE INDEX erasure_subject ON erasure (province, subject);
CREATE TABLE import_batch (
  province TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  file TEXT NOT NULL,
  hash TEXT NOT NULL,
  imported_by TEXT NOT NULL,
  at INTEGER NOT NULL,
  counted INTEGER NOT NULL,
  landed INTEGER NOT NULL,
  review INTEGER NOT NULL,
  bad INTEGER NOT NULL,
  report TEXT NOT NULL,
  PRIMARY KEY (province, id)
) STRICT;
CREATE TABLE import_review (
  province TEXT NOT NULL,
  batch TEXT NOT NULL,
  line INTEGER NOT NULL,
  reason TEXT NOT NULL,
  sealed TEXT NOT NULL,
  candidates TEXT NOT NULL,
  state TEXT NOT NULL,
  unit TEXT NOT NULL,
  decided_by TEXT NOT NULL,
  decided_at INTEGER NOT NULL, why TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (province, batch, line)
) STRICT;
CREATE INDEX import_review_state ON import_review (province, state, batch, line);
CREATE TABLE inbox_read (
  province TEXT NOT NULL,
  membership TEXT NOT NULL,
  entry TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (province, membership, entry)
) STRICT, WITHOUT ROWID;
CREATE TABLE inbox_seen (
  province TEXT NOT NULL,
  membership TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (province, membership)
) STRICT, WITHOUT ROWID;
CREATE TABLE lease (
  name TEXT NOT NULL,
  holder TEXT NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (name)
) STRICT;
CREATE TABLE leave (
  province TEXT NOT NULL,
  id TEXT NOT NULL,
  absent TEXT NOT NULL,
  substitute TEXT NOT NULL,
  document TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  ended INTEGER NOT NULL,
  PRIMARY KEY (province, id)
) STRICT;
CREATE INDEX leave_absent ON leave (province, absent);
CREATE INDEX leave_substitute ON leave (province, substitute);
CREATE TABLE letter (
  province TEXT NOT NULL,
  token TEXT NOT NULL,
  number TEXT NOT NULL,
  direction TEXT NOT NULL,
  code TEXT NOT NULL,
  case_id TEXT NOT NULL,
  entry TEXT NOT NULL,
  sealed TEXT NOT NULL,
  issued INTEGER NOT NULL,
  dispatched INTEGER NOT NULL,
  received INTEGER NOT NULL,
  received_number TEXT NOT NULL,
  void INTEGER NOT NULL,
  PRIMARY KEY (province, token)
) STRICT;
CREATE INDEX letter_case ON letter (province, case_id);
CREATE UNIQUE INDEX letter_number ON letter (province, number) WHERE direction = 'out';
CREATE UNIQUE INDEX letter_token ON letter (token);
CREATE TABLE log_keys (
  province TEXT NOT NULL,
  keys BLOB NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (province)
) STRICT;
CREATE TABLE membership (
  province TEXT NOT NULL,
  id TEXT NOT NULL,
  person TEXT NOT NULL,
  role TEXT NOT NULL,
  body TEXT NOT NULL,
  unit TEXT NOT NULL,
  county TEXT NOT NULL,
  post_fa TEXT NOT NULL,
  post_en TEXT NOT NULL,
  scope TEXT NOT NULL,
  document TEXT NOT NULL,
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  ended INTEGER NOT NULL,
  PRIMARY KEY (province, id)
) STRICT;
CREATE INDEX membership_person ON membership (person, province);
CREATE INDEX membership_role ON membership (province, role, body);
CREATE TABLE merkle (
  province TEXT NOT NULL,
  node INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (province, node)
) STRICT, WITHOUT ROWID;
CREATE TABLE obligation (
  province TEXT NOT NULL,
  case_id TEXT NOT NULL,
  key TEXT NOT NULL,
  role TEXT NOT NULL,
  subject TEXT NOT NULL,
  state TEXT NOT NULL,
  due INTEGER NOT NULL,
  PRIMARY KEY (province, case_id, key, role)
) STRICT;
CREATE INDEX obligation_role ON obligation (province, role, due, case_id, key);
CREATE TABLE one_time_code (
  person TEXT NOT NULL,
  id TEXT NOT NULL,
  secret TEXT NOT NULL,
  purpose TEXT NOT NULL,
  issued_by TEXT NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  used INTEGER NOT NULL,
  PRIMARY KEY (person, id)
) STRICT;
CREATE TABLE outbox (
  province TEXT NOT NULL,
  entry TEXT NOT NULL,
  topic TEXT NOT NULL,
  n INTEGER NOT NULL,
  case_id TEXT NOT NULL,
  payload BLOB NOT NULL,
  at INTEGER NOT NULL,
  available INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  ended INTEGER NOT NULL,
  PRIMARY KEY (province, entry, topic, n)
) STRICT;
CREATE INDEX outbox_waiting ON outbox (topic, available) WHERE state = 'waiting';
CREATE TABLE person (
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  national_code TEXT NOT NULL,
  national_key TEXT NOT NULL,
  mobile TEXT NOT NULL,
  mobile_key TEXT NOT NULL,
  state TEXT NOT NULL,
  sample INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created INTEGER NOT NULL,
  erased INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE INDEX person_mobile ON person (mobile_key) WHERE mobile_key <> '';
CREATE UNIQUE INDEX person_national ON person (national_key) WHERE national_key <> '';
CREATE TABLE projection (
  province TEXT NOT NULL,
  version INTEGER NOT NULL,
  PRIMARY KEY (province)
) STRICT, WITHOUT ROWID;
CREATE TABLE proposal (
  province TEXT NOT NULL,
  id TEXT NOT NULL,
  procedure TEXT NOT NULL,
  version TEXT NOT NULL,
  hash TEXT NOT NULL,
  folder BLOB NOT NULL,
  state TEXT NOT NULL,
  given_by TEXT NOT NULL,
  given_at INTEGER NOT NULL,
  decided_by TEXT NOT NULL,
  decided_at INTEGER NOT NULL,
  why TEXT NOT NULL,
  PRIMARY KEY (province, id)
) STRICT;
CREATE INDEX proposal_state ON proposal (province, state, given_at);
CREATE TABLE register_item (
  province TEXT NOT NULL,
  register TEXT NOT NULL,
  item TEXT NOT NULL,
  fields TEXT NOT NULL,
  balance INTEGER CHECK (balance IS NULL OR balance >= 0),
  valid_from TEXT NOT NULL,
  valid_to TEXT NOT NULL,
  source TEXT NOT NULL,
  as_of INTEGER NOT NULL,
  PRIMARY KEY (province, register, item)
) STRICT;
CREATE TABLE replay (
  province TEXT NOT NULL,
  actor TEXT NOT NULL,
  key TEXT NOT NULL,
  request TEXT NOT NULL,
  entry TEXT NOT NULL,
  case_id TEXT NOT NULL,
  answer BLOB NOT NULL,
  at INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  seen_at INTEGER NOT NULL, sum BLOB,
  PRIMARY KEY (province, actor, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX replay_at ON replay (at);
CREATE TABLE saved_view (
  province TEXT NOT NULL,
  id TEXT NOT NULL,
  membership TEXT NOT NULL,
  body TEXT NOT NULL,
  sealed TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (province, id)
) STRICT;
CREATE INDEX saved_view_body ON saved_view (province, body) WHERE body <> '';
CREATE INDEX saved_view_membership ON saved_view (province, membership);
CREATE TABLE saved_view_first (
  province TEXT NOT NULL,
  membership TEXT NOT NULL,
  saved_view TEXT NOT NULL,
  PRIMARY KEY (province, membership)
) STRICT, WITHOUT ROWID;
CREATE TABLE schema_change (
  version INTEGER NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL,
  sum TEXT NOT NULL,
  PRIMARY KEY (version)
) STRICT;
CREATE TABLE series (
  province TEXT NOT NULL,
  series TEXT NOT NULL,
  year INTEGER NOT NULL,
  last INTEGER NOT NULL,
  PRIMARY KEY (province, series, year)
) STRICT, WITHOUT ROWID;
CREATE TABLE service_decision (
  province TEXT NOT NULL,
  record TEXT NOT NULL,
  state TEXT NOT NULL,
  decided_at INTEGER NOT NULL,
  decided_by TEXT NOT NULL,
  word TEXT NOT NULL,
  PRIMARY KEY (province, record)
) STRICT;
CREATE TABLE service_record (
  province TEXT NOT NULL,
  id TEXT NOT NULL,
  thing TEXT NOT NULL,
  kind TEXT NOT NULL,
  of_thing TEXT NOT NULL,
  unit TEXT NOT NULL,
  seq INTEGER NOT NULL,
  entered_at INTEGER NOT NULL,
  entered_by TEXT NOT NULL,
  fields TEXT NOT NULL,
  PRIMARY KEY (province, id)
) STRICT;
CREATE INDEX service_record_kind ON service_record (province, kind, unit);
CREATE INDEX service_record_of ON service_record (province, of_thing);
CREATE UNIQUE INDEX service_record_seq ON service_record (province, seq);
CREATE INDEX service_record_thing ON service_record (province, thing);
CREATE INDEX service_record_unit ON service_record (province, unit);
CREATE TABLE session (
  id TEXT NOT NULL,
  person TEXT NOT NULL,
  province TEXT NOT NULL,
  membership TEXT NOT NULL,
  lang TEXT NOT NULL,
  created INTEGER NOT NULL,
  seen INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  stepped_up INTEGER NOT NULL,
  PRIMARY KEY (id)
) STRICT;
CREATE INDEX session_expires ON session (expires);
CREATE INDEX session_person ON session (person);
CREATE TABLE tally (
  province TEXT NOT NULL,
  procedure TEXT NOT NULL,
  what TEXT NOT NULL,
  key TEXT NOT NULL,
  subject TEXT NOT NULL,
  day TEXT NOT NULL,
  n INTEGER NOT NULL CHECK (n >= 0),
  amount INTEGER NOT NULL,
  PRIMARY KEY (province, procedure, what, key, subject, day)
) STRICT;
CREATE TABLE throttle (
  key TEXT NOT NULL,
  opened INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (key)
) STRICT;
CREATE TABLE told (
  province TEXT NOT NULL,
  entry TEXT NOT NULL,
  n INTEGER NOT NULL,
  case_id TEXT NOT NULL,
  role TEXT NOT NULL,
  subject TEXT NOT NULL,
  person TEXT NOT NULL,
  how TEXT NOT NULL,
  fa TEXT NOT NULL,
  en TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (province, entry, n)
) STRICT;
CREATE INDEX told_role ON told (province, role, at, entry, n);
CREATE TABLE trade_flag (
  province TEXT NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  fields TEXT NOT NULL,
  PRIMARY KEY (province, id)
) STRICT;
CREATE INDEX trade_flag_at ON trade_flag (province, at);
CREATE TABLE trade_part (
  province TEXT NOT NULL,
  source TEXT NOT NULL,
  n INTEGER NOT NULL,
  packed BLOB NOT NULL,
  PRIMARY KEY (province, source, n)
) STRICT;
CREATE TABLE trade_source (
  province TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  loaded_at INTEGER NOT NULL,
  loaded_by TEXT NOT NULL,
  fields TEXT NOT NULL,
  packed BLOB NOT NULL,
  PRIMARY KEY (province, id)
) STRICT;
CREATE INDEX trade_source_kind ON trade_source (province, kind, loaded_at);
CREATE TABLE "unit" (
  n INTEGER PRIMARY KEY,
  province TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  search TEXT NOT NULL,
  county TEXT NOT NULL,
  status TEXT NOT NULL,
  merged_into TEXT NOT NULL,
  sample INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created INTEGER NOT NULL,
  changed INTEGER NOT NULL,
  file TEXT NOT NULL DEFAULT '',
  UNIQUE (province, id)
) STRICT;
CREATE INDEX unit_county ON unit (province, county, id, search);
CREATE TABLE unit_claim (
  province TEXT NOT NULL,
  id TEXT NOT NULL,
  unit TEXT NOT NULL,
  person TEXT NOT NULL,
  post TEXT NOT NULL,
  evidence TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  created INTEGER NOT NULL,
  decided_by TEXT NOT NULL,
  decided_at INTEGER NOT NULL,
  valid_to TEXT NOT NULL,
  PRIMARY KEY (province, id)
) STRICT;
CREATE INDEX unit_claim_person ON unit_claim (province, person, state);
CREATE INDEX unit_claim_state ON unit_claim (province, state, created, id);
CREATE INDEX unit_claim_unit ON unit_claim (province, unit, state);
CREATE TABLE unit_fact_past (
  province TEXT NOT NULL,
  unit TEXT NOT NULL,
  field TEXT NOT NULL,
  n INTEGER NOT NULL,
  value TEXT NOT NULL,
  sealed TEXT NOT NULL,
  source TEXT NOT NULL,
  origin TEXT NOT NULL,
  as_of INTEGER NOT NULL,
  entered_by TEXT NOT NULL,
  entered_at INTEGER NOT NULL,
  verified_by TEXT NOT NULL,
  verified_at INTEGER NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (province, unit, field, n)
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE unit_fts USING fts5(search, content='unit', content_rowid='n', detail=none, columnsize=0,
			tokenize='unicode61 remove_diacritics 0');
CREATE TABLE 'unit_fts_config'(k PRIMARY KEY, v) WITHOUT ROWID;
CREATE TABLE 'unit_fts_data'(id INTEGER PRIMARY KEY, block BLOB);
CREATE TABLE 'unit_fts_idx'(segid, term, pgno, PRIMARY KEY(segid, term)) WITHOUT ROWID;
CREATE TABLE unit_key (
  province TEXT NOT NULL,
  kind TEXT NOT NULL,
  key BLOB NOT NULL,
  unit TEXT NOT NULL,
  PRIMARY KEY (province, kind, key, unit)
) STRICT, WITHOUT ROWID;
CREATE TABLE unit_product (
  province TEXT NOT NULL,
  unit TEXT NOT NULL,
  edition TEXT NOT NULL,
  code TEXT NOT NULL,
  revision INTEGER NOT NULL,
  said_at INTEGER NOT NULL,
  said_by TEXT NOT NULL,
  fields TEXT NOT NULL,
  PRIMARY KEY (province, unit, edition, code, revision)
) STRICT;

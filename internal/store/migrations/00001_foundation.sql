-- One text for SQLite and PostgreSQL. Words in double braces are the few places where the two differ: the rendering in
-- migrate.go gives text (bytewise order on both), int (64 bits), bytes, and the ending of tables. Times are microseconds UTC,
-- civil dates text YYYY-MM-DD, truth values 0 and 1. Keys of a province's tables begin with the province.
-- Columns that name a person hold journal.Sealed as JSON; where they are searched, a keyed HMAC stands beside them.

-- +goose Up

-- The fold of each case, beside the columns that lists need. due is the largest number where no clock runs.
CREATE TABLE cases (
  province {{text}} NOT NULL,
  id {{text}} NOT NULL,
  number {{text}} NOT NULL,
  procedure {{text}} NOT NULL,
  definition {{text}} NOT NULL,
  unit {{text}} NOT NULL,
  unit_name {{text}} NOT NULL,
  county {{text}} NOT NULL,
  stage {{text}} NOT NULL,
  outcome {{text}} NOT NULL,
  holder_role {{text}} NOT NULL,
  holder_subject {{text}} NOT NULL,
  side {{text}} NOT NULL,
  version {{int}} NOT NULL,
  seq {{int}} NOT NULL CHECK (seq > 0),
  due {{int}} NOT NULL,
  amount {{int}} NOT NULL,
  opened {{int}} NOT NULL,
  changed {{int}} NOT NULL,
  search {{text}} NOT NULL,
  sample {{int}} NOT NULL,
  state {{bytes}} NOT NULL,
  PRIMARY KEY (province, id)
){{strict}};
CREATE UNIQUE INDEX cases_number ON cases (province, number) WHERE number <> '';
CREATE INDEX cases_queue ON cases (province, holder_role, outcome, due, id);
CREATE INDEX cases_due ON cases (province, due, id);
CREATE INDEX cases_changed ON cases (province, changed, id);
CREATE INDEX cases_opened ON cases (province, opened, id);
CREATE INDEX cases_amount ON cases (province, amount, id);
CREATE INDEX cases_unit ON cases (province, unit, procedure);

CREATE TABLE case_party (
  province {{text}} NOT NULL,
  case_id {{text}} NOT NULL,
  relation {{text}} NOT NULL,
  subject {{text}} NOT NULL,
  PRIMARY KEY (province, case_id, relation)
){{clustered}};
CREATE INDEX case_party_subject ON case_party (province, subject, relation, case_id);

-- Clocks that run or are breached. wake is the next instant at which something is to be done.
CREATE TABLE deadline (
  province {{text}} NOT NULL,
  case_id {{text}} NOT NULL,
  clock {{text}} NOT NULL,
  state {{text}} NOT NULL,
  due {{int}} NOT NULL,
  warn {{int}} NOT NULL,
  warned {{int}} NOT NULL,
  wake {{int}} NOT NULL,
  calendar {{text}} NOT NULL,
  PRIMARY KEY (province, case_id, clock)
){{clustered}};
CREATE INDEX deadline_wake ON deadline (wake, province, case_id, clock) WHERE state = 'running';

-- The journal. bytes is what was hashed; leaf is its number in the province's tree, null until numbered.
CREATE TABLE entry (
  province {{text}} NOT NULL,
  case_id {{text}} NOT NULL,
  seq {{int}} NOT NULL CHECK (seq > 0),
  id {{text}} NOT NULL,
  kind {{text}} NOT NULL,
  at {{int}} NOT NULL,
  leaf {{int}},
  bytes {{bytes}} NOT NULL,
  PRIMARY KEY (province, case_id, seq)
){{strict}};
CREATE UNIQUE INDEX entry_id ON entry (province, id);
CREATE UNIQUE INDEX entry_leaf ON entry (province, leaf) WHERE leaf IS NOT NULL;
CREATE INDEX entry_unnumbered ON entry (province, at, case_id, seq) WHERE leaf IS NULL;

CREATE TABLE merkle (
  province {{text}} NOT NULL,
  node {{int}} NOT NULL,
  hash {{bytes}} NOT NULL,
  PRIMARY KEY (province, node)
){{clustered}};

CREATE TABLE checkpoint (
  province {{text}} NOT NULL,
  size {{int}} NOT NULL,
  root {{bytes}} NOT NULL,
  note {{bytes}} NOT NULL,
  signed_at {{int}} NOT NULL,
  PRIMARY KEY (province)
){{strict}};

-- Who does a thing that only one node should do at a time.
CREATE TABLE lease (
  name {{text}} NOT NULL,
  holder {{text}} NOT NULL,
  until {{int}} NOT NULL,
  PRIMARY KEY (name)
){{strict}};

-- What was answered under an idempotency key. A replay updates the row, so that it too waits for the log to be durable.
CREATE TABLE replay (
  province {{text}} NOT NULL,
  actor {{text}} NOT NULL,
  key {{text}} NOT NULL,
  request {{text}} NOT NULL,
  entry {{text}} NOT NULL,
  case_id {{text}} NOT NULL,
  answer {{bytes}} NOT NULL,
  at {{int}} NOT NULL,
  seen {{int}} NOT NULL,
  seen_at {{int}} NOT NULL,
  PRIMARY KEY (province, actor, key)
){{strict}};
CREATE INDEX replay_at ON replay (at);

CREATE TABLE series (
  province {{text}} NOT NULL,
  series {{text}} NOT NULL,
  year {{int}} NOT NULL,
  last {{int}} NOT NULL,
  PRIMARY KEY (province, series, year)
){{clustered}};

-- n tells apart several messages of one entry on one topic. state: waiting, done, discarded.
CREATE TABLE outbox (
  province {{text}} NOT NULL,
  entry {{text}} NOT NULL,
  topic {{text}} NOT NULL,
  n {{int}} NOT NULL,
  case_id {{text}} NOT NULL,
  payload {{bytes}} NOT NULL,
  at {{int}} NOT NULL,
  available {{int}} NOT NULL,
  attempts {{int}} NOT NULL,
  state {{text}} NOT NULL,
  reason {{text}} NOT NULL,
  ended {{int}} NOT NULL,
  PRIMARY KEY (province, entry, topic, n)
){{strict}};
CREATE INDEX outbox_waiting ON outbox (topic, available) WHERE state = 'waiting';

-- Wrapped data keys. A destroyed one keeps its row without its key, so that nobody makes it anew.
CREATE TABLE datakey (
  id {{text}} NOT NULL,
  wrapped {{bytes}} NOT NULL,
  created {{int}} NOT NULL,
  destroyed {{int}} NOT NULL,
  PRIMARY KEY (id)
){{strict}};

-- Published definitions. state: draft, published, withdrawn.
CREATE TABLE definition (
  hash {{text}} NOT NULL,
  id {{text}} NOT NULL,
  version {{text}} NOT NULL,
  canonical {{bytes}} NOT NULL,
  valid_from {{text}} NOT NULL,
  valid_to {{text}} NOT NULL,
  published_at {{int}} NOT NULL,
  entry {{text}} NOT NULL,
  approvers {{text}} NOT NULL,
  state {{text}} NOT NULL,
  PRIMARY KEY (hash)
){{strict}};
CREATE INDEX definition_id ON definition (id, state, valid_from);

-- Live registers: packages, budgets, catalogues. balance is null where the item holds no money.
CREATE TABLE register_item (
  province {{text}} NOT NULL,
  register {{text}} NOT NULL,
  item {{text}} NOT NULL,
  fields {{text}} NOT NULL,
  balance {{int}} CHECK (balance IS NULL OR balance >= 0),
  valid_from {{text}} NOT NULL,
  valid_to {{text}} NOT NULL,
  source {{text}} NOT NULL,
  as_of {{int}} NOT NULL,
  PRIMARY KEY (province, register, item)
){{strict}};

CREATE TABLE unit (
  province {{text}} NOT NULL,
  id {{text}} NOT NULL,
  kind {{text}} NOT NULL,
  name {{text}} NOT NULL,
  search {{text}} NOT NULL,
  county {{text}} NOT NULL,
  status {{text}} NOT NULL,
  merged_into {{text}} NOT NULL,
  sample {{int}} NOT NULL,
  version {{int}} NOT NULL,
  created {{int}} NOT NULL,
  changed {{int}} NOT NULL,
  PRIMARY KEY (province, id)
){{strict}};
CREATE INDEX unit_county ON unit (province, county, id);

-- value is JSON, empty where the value is personal and stands sealed beside it.
CREATE TABLE unit_fact (
  province {{text}} NOT NULL,
  unit {{text}} NOT NULL,
  field {{text}} NOT NULL,
  value {{text}} NOT NULL,
  sealed {{text}} NOT NULL,
  source {{text}} NOT NULL,
  origin {{text}} NOT NULL,
  as_of {{int}} NOT NULL,
  entered_by {{text}} NOT NULL,
  verified_by {{text}} NOT NULL,
  PRIMARY KEY (province, unit, field)
){{clustered}};

-- Keys by which a unit is found: folded name keys as they are, identifiers as keyed HMAC.
CREATE TABLE unit_key (
  province {{text}} NOT NULL,
  kind {{text}} NOT NULL,
  key {{text}} NOT NULL,
  unit {{text}} NOT NULL,
  PRIMARY KEY (province, kind, key, unit)
){{clustered}};
CREATE INDEX unit_key_unit ON unit_key (province, unit);

-- Who says they may speak for a unit. state: claimed, verified, contested, refused, ended.
CREATE TABLE unit_claim (
  province {{text}} NOT NULL,
  id {{text}} NOT NULL,
  unit {{text}} NOT NULL,
  person {{text}} NOT NULL,
  post {{text}} NOT NULL,
  evidence {{text}} NOT NULL,
  state {{text}} NOT NULL,
  reason {{text}} NOT NULL,
  created {{int}} NOT NULL,
  decided_by {{text}} NOT NULL,
  decided_at {{int}} NOT NULL,
  valid_to {{text}} NOT NULL,
  PRIMARY KEY (province, id)
){{strict}};
CREATE INDEX unit_claim_unit ON unit_claim (province, unit, state);
CREATE INDEX unit_claim_person ON unit_claim (province, person, state);

CREATE TABLE person (
  id {{text}} NOT NULL,
  name {{text}} NOT NULL,
  national_code {{text}} NOT NULL,
  national_key {{text}} NOT NULL,
  mobile {{text}} NOT NULL,
  mobile_key {{text}} NOT NULL,
  state {{text}} NOT NULL,
  sample {{int}} NOT NULL,
  version {{int}} NOT NULL,
  created {{int}} NOT NULL,
  erased {{int}} NOT NULL,
  PRIMARY KEY (id)
){{strict}};
CREATE UNIQUE INDEX person_national ON person (national_key) WHERE national_key <> '';
CREATE INDEX person_mobile ON person (mobile_key) WHERE mobile_key <> '';

-- kind: password, totp. login_key is the keyed HMAC of the login; secret an argon2id hash or a sealed seed.
CREATE TABLE credential (
  id {{text}} NOT NULL,
  person {{text}} NOT NULL,
  kind {{text}} NOT NULL,
  login_key {{text}} NOT NULL,
  secret {{text}} NOT NULL,
  state {{text}} NOT NULL,
  must_change {{int}} NOT NULL,
  counter {{int}} NOT NULL,
  created {{int}} NOT NULL,
  used {{int}} NOT NULL,
  PRIMARY KEY (id)
){{strict}};
CREATE UNIQUE INDEX credential_login ON credential (login_key) WHERE login_key <> '';
CREATE INDEX credential_person ON credential (person, kind);

-- Offices, banks and their branches, associations. province is empty for a national body.
CREATE TABLE body (
  id {{text}} NOT NULL,
  province {{text}} NOT NULL,
  kind {{text}} NOT NULL,
  name_fa {{text}} NOT NULL,
  name_en {{text}} NOT NULL,
  parent {{text}} NOT NULL,
  county {{text}} NOT NULL,
  state {{text}} NOT NULL,
  fields {{text}} NOT NULL,
  version {{int}} NOT NULL,
  PRIMARY KEY (id)
){{strict}};
CREATE INDEX body_parent ON body (parent);
CREATE INDEX body_kind ON body (province, kind);

-- A role that a person holds in a body or for a unit, with term, scope and the paper that appoints.
CREATE TABLE membership (
  province {{text}} NOT NULL,
  id {{text}} NOT NULL,
  person {{text}} NOT NULL,
  role {{text}} NOT NULL,
  body {{text}} NOT NULL,
  unit {{text}} NOT NULL,
  county {{text}} NOT NULL,
  post_fa {{text}} NOT NULL,
  post_en {{text}} NOT NULL,
  scope {{text}} NOT NULL,
  document {{text}} NOT NULL,
  valid_from {{text}} NOT NULL,
  valid_to {{text}} NOT NULL,
  ended {{int}} NOT NULL,
  PRIMARY KEY (province, id)
){{strict}};
CREATE INDEX membership_person ON membership (person, province);
CREATE INDEX membership_role ON membership (province, role, body);

-- Which membership (taker) signs in a scope, that is as a role, up to which ceiling in rial, for how long. ceiling is
-- null where there is none.
CREATE TABLE delegation (
  province {{text}} NOT NULL,
  id {{text}} NOT NULL,
  scope {{text}} NOT NULL,
  giver {{text}} NOT NULL,
  taker {{text}} NOT NULL,
  ceiling {{int}},
  document {{text}} NOT NULL,
  valid_from {{text}} NOT NULL,
  valid_to {{text}} NOT NULL,
  revoked {{int}} NOT NULL,
  PRIMARY KEY (province, id)
){{strict}};
CREATE INDEX delegation_scope ON delegation (province, scope, valid_from);

-- id is the hash of the token that the browser holds.
CREATE TABLE session (
  id {{text}} NOT NULL,
  person {{text}} NOT NULL,
  province {{text}} NOT NULL,
  membership {{text}} NOT NULL,
  lang {{text}} NOT NULL,
  created {{int}} NOT NULL,
  seen {{int}} NOT NULL,
  expires {{int}} NOT NULL,
  stepped_up {{int}} NOT NULL,
  PRIMARY KEY (id)
){{strict}};
CREATE INDEX session_person ON session (person);
CREATE INDEX session_expires ON session (expires);

CREATE TABLE one_time_code (
  person {{text}} NOT NULL,
  id {{text}} NOT NULL,
  secret {{text}} NOT NULL,
  purpose {{text}} NOT NULL,
  issued_by {{text}} NOT NULL,
  created {{int}} NOT NULL,
  expires {{int}} NOT NULL,
  used {{int}} NOT NULL,
  PRIMARY KEY (person, id)
){{strict}};

-- Attempts in a window, by the keyed HMAC of what is throttled.
CREATE TABLE throttle (
  key {{text}} NOT NULL,
  opened {{int}} NOT NULL,
  attempts {{int}} NOT NULL,
  until {{int}} NOT NULL,
  PRIMARY KEY (key)
){{strict}};

-- Files by content. state: quarantine, accepted, refused. What a file is called stands with its use, sealed: people write
-- names in file names.
CREATE TABLE document (
  province {{text}} NOT NULL,
  hash {{text}} NOT NULL,
  media {{text}} NOT NULL,
  size {{int}} NOT NULL,
  state {{text}} NOT NULL,
  reason {{text}} NOT NULL,
  uploaded_by {{text}} NOT NULL,
  at {{int}} NOT NULL,
  PRIMARY KEY (province, hash)
){{strict}};

CREATE TABLE document_use (
  province {{text}} NOT NULL,
  owner {{text}} NOT NULL,
  code {{text}} NOT NULL,
  hash {{text}} NOT NULL,
  name {{text}} NOT NULL,
  entry {{text}} NOT NULL,
  by_person {{text}} NOT NULL,
  at {{int}} NOT NULL,
  PRIMARY KEY (province, owner, code, hash)
){{strict}};
CREATE INDEX document_use_hash ON document_use (province, hash);

-- The letter book. sealed holds what the receiving side wrote on its copy, where it names people.
CREATE TABLE letter (
  province {{text}} NOT NULL,
  token {{text}} NOT NULL,
  number {{text}} NOT NULL,
  direction {{text}} NOT NULL,
  code {{text}} NOT NULL,
  case_id {{text}} NOT NULL,
  entry {{text}} NOT NULL,
  sealed {{text}} NOT NULL,
  issued {{int}} NOT NULL,
  dispatched {{int}} NOT NULL,
  received {{int}} NOT NULL,
  received_number {{text}} NOT NULL,
  void {{int}} NOT NULL,
  PRIMARY KEY (province, token)
){{strict}};
CREATE UNIQUE INDEX letter_token ON letter (token);
CREATE UNIQUE INDEX letter_number ON letter (province, number) WHERE direction = 'out';
CREATE INDEX letter_case ON letter (province, case_id);

-- Changes of working days, dated and versioned; the highest version of a date holds.
CREATE TABLE calendar_day (
  calendar {{text}} NOT NULL,
  date {{text}} NOT NULL,
  version {{int}} NOT NULL,
  open {{int}} NOT NULL,
  reason_fa {{text}} NOT NULL,
  reason_en {{text}} NOT NULL,
  source {{text}} NOT NULL,
  entered_by {{text}} NOT NULL,
  entered_at {{int}} NOT NULL,
  PRIMARY KEY (calendar, date, version)
){{clustered}};

CREATE TABLE import_batch (
  province {{text}} NOT NULL,
  id {{text}} NOT NULL,
  kind {{text}} NOT NULL,
  file {{text}} NOT NULL,
  hash {{text}} NOT NULL,
  imported_by {{text}} NOT NULL,
  at {{int}} NOT NULL,
  counted {{int}} NOT NULL,
  landed {{int}} NOT NULL,
  review {{int}} NOT NULL,
  bad {{int}} NOT NULL,
  report {{text}} NOT NULL,
  PRIMARY KEY (province, id)
){{strict}};

-- Rows of a sheet that wait for a person. sealed holds the row; state: waiting, landed, merged, refused.
CREATE TABLE import_review (
  province {{text}} NOT NULL,
  batch {{text}} NOT NULL,
  line {{int}} NOT NULL,
  reason {{text}} NOT NULL,
  sealed {{text}} NOT NULL,
  candidates {{text}} NOT NULL,
  state {{text}} NOT NULL,
  unit {{text}} NOT NULL,
  decided_by {{text}} NOT NULL,
  decided_at {{int}} NOT NULL,
  PRIMARY KEY (province, batch, line)
){{strict}};
CREATE INDEX import_review_state ON import_review (province, state, batch, line);

-- +goose Down
DROP TABLE import_review;
DROP TABLE import_batch;
DROP TABLE calendar_day;
DROP TABLE letter;
DROP TABLE document_use;
DROP TABLE document;
DROP TABLE throttle;
DROP TABLE one_time_code;
DROP TABLE session;
DROP TABLE delegation;
DROP TABLE membership;
DROP TABLE body;
DROP TABLE credential;
DROP TABLE person;
DROP TABLE unit_claim;
DROP TABLE unit_key;
DROP TABLE unit_fact;
DROP TABLE unit;
DROP TABLE register_item;
DROP TABLE definition;
DROP TABLE datakey;
DROP TABLE outbox;
DROP TABLE series;
DROP TABLE replay;
DROP TABLE lease;
DROP TABLE checkpoint;
DROP TABLE merkle;
DROP TABLE entry;
DROP TABLE deadline;
DROP TABLE case_party;
DROP TABLE cases;

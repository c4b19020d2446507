-- +goose Up
-- Runs in which two companies learn which customers they share without showing their lists. pair is "company:company" or, with another server, "company:" and the code; turn is when the program goes on with it (0: it waits), clean that secrets and points are to be destroyed. A side is what one company of this server keeps: secret is sealed, commitment and peer are what either said of its list.
CREATE TABLE mapping_run (
  id text PRIMARY KEY, way text NOT NULL, code text NOT NULL, starter_id text NOT NULL, partner_id text NOT NULL, name text NOT NULL, partnership_id text NOT NULL, pair text NOT NULL, terms text NOT NULL,
  state text NOT NULL, running bigint NOT NULL, stage bigint NOT NULL, reason text NOT NULL, reason_org text NOT NULL, made bigint NOT NULL, made_by text NOT NULL, changed bigint NOT NULL, expires bigint NOT NULL,
  turn bigint NOT NULL, clean bigint NOT NULL, tries bigint NOT NULL, lease_by text NOT NULL, lease_until bigint NOT NULL
);
CREATE UNIQUE INDEX mapping_run_pair ON mapping_run (pair) WHERE running = 1;
CREATE INDEX mapping_run_made ON mapping_run (pair, made);
CREATE INDEX mapping_run_turn ON mapping_run (turn, id) WHERE turn > 0;
CREATE INDEX mapping_run_expires ON mapping_run (expires, id) WHERE expires > 0;
CREATE TABLE mapping_side (
  run_id text NOT NULL REFERENCES mapping_run(id), org_id text NOT NULL REFERENCES org(id), role text NOT NULL, phase bigint NOT NULL, place text NOT NULL, done bigint NOT NULL, list_rows bigint NOT NULL, consent bigint NOT NULL,
  got bigint NOT NULL, secret bytea, dh_public text NOT NULL, commitment text NOT NULL, commit_line text NOT NULL, peer_line text NOT NULL, own_count bigint NOT NULL, their_count bigint NOT NULL, changed bigint NOT NULL,
  PRIMARY KEY (run_id, org_id)
);
CREATE INDEX mapping_side_org ON mapping_side (org_id, changed, run_id);
CREATE TABLE mapping_log (
  run_id text NOT NULL REFERENCES mapping_run(id), number bigint NOT NULL, seen_by text NOT NULL, happened bigint NOT NULL, org_id text NOT NULL, person_id text NOT NULL, what text NOT NULL, step bigint NOT NULL, PRIMARY KEY (run_id, number)
);
CREATE TABLE mapping_row (
  run_id text NOT NULL, org_id text NOT NULL, list text NOT NULL, token text NOT NULL, place bigint NOT NULL, customer_id text NOT NULL, digest text NOT NULL, points bytea, PRIMARY KEY (run_id, org_id, list, token)
);
CREATE INDEX mapping_row_customer ON mapping_row (run_id, org_id, customer_id) WHERE list = 'own';
CREATE INDEX mapping_row_place ON mapping_row (run_id, org_id, place) WHERE list = 'theirs';
CREATE TABLE mapping_chunk (
  run_id text NOT NULL, org_id text NOT NULL, part bigint NOT NULL, number bigint NOT NULL, row_count bigint NOT NULL, digest text NOT NULL, data bytea, PRIMARY KEY (run_id, org_id, part, number)
);
CREATE TABLE mapping_match (
  run_id text NOT NULL, org_id text NOT NULL, customer_id text NOT NULL, theirs bigint NOT NULL, mine bigint NOT NULL, told text NOT NULL, PRIMARY KEY (run_id, org_id, customer_id, theirs)
);
CREATE INDEX mapping_match_mine ON mapping_match (run_id, org_id, mine);

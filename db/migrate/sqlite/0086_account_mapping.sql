-- +goose Up
-- Runs in which two companies learn which customers they share without showing their lists. pair is "company:company" or, with another server, "company:" and the code; turn is when the program goes on with it (0: it waits), clean that secrets and points are to be destroyed. A side is what one company of this server keeps: secret is sealed, commitment and peer are what either said of its list.
CREATE TABLE mapping_run (
  id TEXT PRIMARY KEY, way TEXT NOT NULL, code TEXT NOT NULL, starter_id TEXT NOT NULL, partner_id TEXT NOT NULL, name TEXT NOT NULL, partnership_id TEXT NOT NULL, pair TEXT NOT NULL, terms TEXT NOT NULL,
  state TEXT NOT NULL, running INTEGER NOT NULL, stage INTEGER NOT NULL, reason TEXT NOT NULL, reason_org TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, changed INTEGER NOT NULL, expires INTEGER NOT NULL,
  turn INTEGER NOT NULL, clean INTEGER NOT NULL, tries INTEGER NOT NULL, lease_by TEXT NOT NULL, lease_until INTEGER NOT NULL
);
CREATE UNIQUE INDEX mapping_run_pair ON mapping_run (pair) WHERE running = 1;
CREATE INDEX mapping_run_made ON mapping_run (pair, made);
CREATE INDEX mapping_run_turn ON mapping_run (turn, id) WHERE turn > 0;
CREATE INDEX mapping_run_expires ON mapping_run (expires, id) WHERE expires > 0;
CREATE TABLE mapping_side (
  run_id TEXT NOT NULL REFERENCES mapping_run(id), org_id TEXT NOT NULL REFERENCES org(id), role TEXT NOT NULL, phase INTEGER NOT NULL, place TEXT NOT NULL, done INTEGER NOT NULL, list_rows INTEGER NOT NULL, consent INTEGER NOT NULL,
  got INTEGER NOT NULL, secret BLOB, dh_public TEXT NOT NULL, commitment TEXT NOT NULL, commit_line TEXT NOT NULL, peer_line TEXT NOT NULL, own_count INTEGER NOT NULL, their_count INTEGER NOT NULL, changed INTEGER NOT NULL,
  PRIMARY KEY (run_id, org_id)
);
CREATE INDEX mapping_side_org ON mapping_side (org_id, changed, run_id);
CREATE TABLE mapping_log (
  run_id TEXT NOT NULL REFERENCES mapping_run(id), number INTEGER NOT NULL, seen_by TEXT NOT NULL, happened INTEGER NOT NULL, org_id TEXT NOT NULL, person_id TEXT NOT NULL, what TEXT NOT NULL, step INTEGER NOT NULL, PRIMARY KEY (run_id, number)
);
CREATE TABLE mapping_row (
  run_id TEXT NOT NULL, org_id TEXT NOT NULL, list TEXT NOT NULL, token TEXT NOT NULL, place INTEGER NOT NULL, customer_id TEXT NOT NULL, digest TEXT NOT NULL, points BLOB, PRIMARY KEY (run_id, org_id, list, token)
);
CREATE INDEX mapping_row_customer ON mapping_row (run_id, org_id, customer_id) WHERE list = 'own';
CREATE INDEX mapping_row_place ON mapping_row (run_id, org_id, place) WHERE list = 'theirs';
CREATE TABLE mapping_chunk (
  run_id TEXT NOT NULL, org_id TEXT NOT NULL, part INTEGER NOT NULL, number INTEGER NOT NULL, row_count INTEGER NOT NULL, digest TEXT NOT NULL, data BLOB, PRIMARY KEY (run_id, org_id, part, number)
);
CREATE TABLE mapping_match (
  run_id TEXT NOT NULL, org_id TEXT NOT NULL, customer_id TEXT NOT NULL, theirs INTEGER NOT NULL, mine INTEGER NOT NULL, told TEXT NOT NULL, PRIMARY KEY (run_id, org_id, customer_id, theirs)
);
CREATE INDEX mapping_match_mine ON mapping_match (run_id, org_id, mine);

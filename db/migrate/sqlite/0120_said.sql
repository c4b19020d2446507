-- +goose Up
-- What a partner said of sets that we sent: its acknowledgements (997, 999, CONTRL) with
-- their errors, and the advice of its application (824, APERAK), whose verdict stands on
-- the set and on the interchange too.
CREATE TABLE edi_said (
  interchange_id TEXT NOT NULL, position INTEGER NOT NULL, answer_id TEXT NOT NULL, answer_position INTEGER NOT NULL,
  supplier_id TEXT NOT NULL, reseller_id TEXT NOT NULL, kind TEXT NOT NULL, verdict TEXT NOT NULL, findings TEXT NOT NULL, at INTEGER NOT NULL,
  PRIMARY KEY (interchange_id, position, answer_id, answer_position)
) WITHOUT ROWID;
ALTER TABLE edi_set ADD COLUMN advised TEXT NOT NULL DEFAULT '';
ALTER TABLE interchange ADD COLUMN advised TEXT NOT NULL DEFAULT '';

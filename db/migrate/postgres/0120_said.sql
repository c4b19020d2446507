-- +goose Up
-- What a partner said of sets that we sent: its acknowledgements (997, 999, CONTRL) with
-- their errors, and the advice of its application (824, APERAK), whose verdict stands on
-- the set and on the interchange too.
CREATE TABLE edi_said (
  interchange_id text NOT NULL, position bigint NOT NULL, answer_id text NOT NULL, answer_position bigint NOT NULL,
  supplier_id text NOT NULL, reseller_id text NOT NULL, kind text NOT NULL, verdict text NOT NULL, findings text NOT NULL, at bigint NOT NULL,
  PRIMARY KEY (interchange_id, position, answer_id, answer_position)
);
ALTER TABLE edi_set ADD COLUMN advised text NOT NULL DEFAULT '';
ALTER TABLE interchange ADD COLUMN advised text NOT NULL DEFAULT '';

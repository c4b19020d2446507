-- +goose Up
-- A server that is an account at a network (VAN), through whose mailbox a company reaches partners and they it; and the network by which an interchange came or goes, empty: none.
ALTER TABLE edi_remote ADD COLUMN network BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE interchange ADD COLUMN network TEXT NOT NULL DEFAULT '';
CREATE INDEX interchange_network ON interchange (sender_id, network, delivery, received, id) WHERE network <> '';

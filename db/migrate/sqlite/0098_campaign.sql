-- +goose Up
-- Mail that a company sends to a segment of its own contacts about a promotion. A contact gets one mail of a campaign; address is the hash of where it went. campaign_stop are addresses a company does not write to: who said no, and what a mail server refused for good.
CREATE TABLE campaign (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES org(id), promotion_id TEXT NOT NULL REFERENCES promotion(id), page_org_id TEXT NOT NULL REFERENCES org(id), name TEXT NOT NULL, ref TEXT NOT NULL, segment TEXT NOT NULL, body TEXT NOT NULL, pause INTEGER NOT NULL,
  state TEXT NOT NULL, reason TEXT NOT NULL, reply_to TEXT NOT NULL, starts INTEGER NOT NULL, next_at INTEGER NOT NULL, seen TEXT NOT NULL, slices INTEGER NOT NULL, finished INTEGER NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, changed INTEGER NOT NULL, version INTEGER NOT NULL
);
CREATE INDEX campaign_of ON campaign (org_id, promotion_id, made);
CREATE INDEX campaign_due ON campaign (state, next_at);
CREATE TABLE campaign_mail (
  campaign_id TEXT NOT NULL REFERENCES campaign(id), contact_id TEXT NOT NULL, org_id TEXT NOT NULL, promotion_id TEXT NOT NULL, customer_id TEXT NOT NULL, address TEXT NOT NULL, language TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL, happened INTEGER NOT NULL, stopped INTEGER NOT NULL,
  PRIMARY KEY (campaign_id, contact_id)
);
CREATE INDEX campaign_mail_to ON campaign_mail (org_id, promotion_id, address, happened);
CREATE INDEX campaign_mail_rate ON campaign_mail (org_id, happened);
CREATE TABLE campaign_stop (
  org_id TEXT NOT NULL REFERENCES org(id), address TEXT NOT NULL, reason TEXT NOT NULL, happened INTEGER NOT NULL, PRIMARY KEY (org_id, address)
);
ALTER TABLE mail ADD COLUMN html TEXT NOT NULL DEFAULT '';
ALTER TABLE mail ADD COLUMN sender TEXT NOT NULL DEFAULT '';
ALTER TABLE contact ADD COLUMN withdrawn INTEGER NOT NULL DEFAULT 0;

-- +goose Up
-- Mail that a company sends to a segment of its own contacts about a promotion. A contact gets one mail of a campaign; address is the hash of where it went. campaign_stop are addresses a company does not write to: who said no, and what a mail server refused for good.
CREATE TABLE campaign (
  id text PRIMARY KEY, org_id text NOT NULL REFERENCES org(id), promotion_id text NOT NULL REFERENCES promotion(id), page_org_id text NOT NULL REFERENCES org(id), name text NOT NULL, ref text NOT NULL, segment text NOT NULL, body text NOT NULL, pause bigint NOT NULL,
  state text NOT NULL, reason text NOT NULL, reply_to text NOT NULL, starts bigint NOT NULL, next_at bigint NOT NULL, seen text NOT NULL, slices bigint NOT NULL, finished bigint NOT NULL, made bigint NOT NULL, made_by text NOT NULL, changed bigint NOT NULL, version bigint NOT NULL
);
CREATE INDEX campaign_of ON campaign (org_id, promotion_id, made);
CREATE INDEX campaign_due ON campaign (state, next_at);
CREATE TABLE campaign_mail (
  campaign_id text NOT NULL REFERENCES campaign(id), contact_id text NOT NULL, org_id text NOT NULL, promotion_id text NOT NULL, customer_id text NOT NULL, address text NOT NULL, language text NOT NULL, state text NOT NULL, reason text NOT NULL, happened bigint NOT NULL, stopped bigint NOT NULL,
  PRIMARY KEY (campaign_id, contact_id)
);
CREATE INDEX campaign_mail_to ON campaign_mail (org_id, promotion_id, address, happened);
CREATE INDEX campaign_mail_rate ON campaign_mail (org_id, happened);
CREATE TABLE campaign_stop (
  org_id text NOT NULL REFERENCES org(id), address text NOT NULL, reason text NOT NULL, happened bigint NOT NULL, PRIMARY KEY (org_id, address)
);
ALTER TABLE mail ADD COLUMN html text NOT NULL DEFAULT '';
ALTER TABLE mail ADD COLUMN sender text NOT NULL DEFAULT '';
ALTER TABLE contact ADD COLUMN withdrawn bigint NOT NULL DEFAULT 0;

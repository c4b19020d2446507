-- +goose Up
-- Public pages of promotions, one for each participant: the words that the owner proposes, the pages, their referral codes, views by day (of nobody in particular), and which lead came by which page. ref is the code a lead came by.
CREATE TABLE landing_text (
  promotion_id TEXT PRIMARY KEY REFERENCES promotion(id), owner_id TEXT NOT NULL REFERENCES org(id), body TEXT NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, version INTEGER NOT NULL
);
CREATE TABLE landing_page (
  id TEXT PRIMARY KEY, promotion_id TEXT NOT NULL REFERENCES promotion(id), owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), token TEXT NOT NULL, secret TEXT NOT NULL, live INTEGER NOT NULL,
  body TEXT NOT NULL, privacy TEXT NOT NULL, imprint TEXT NOT NULL, offer INTEGER NOT NULL, listed INTEGER NOT NULL, published INTEGER NOT NULL, changed INTEGER NOT NULL, changed_by TEXT NOT NULL, version INTEGER NOT NULL
);
CREATE UNIQUE INDEX landing_page_of ON landing_page (promotion_id, org_id);
CREATE UNIQUE INDEX landing_page_token ON landing_page (token);
CREATE TABLE landing_code (
  page_id TEXT NOT NULL REFERENCES landing_page(id), code TEXT NOT NULL, label TEXT NOT NULL, made INTEGER NOT NULL, made_by TEXT NOT NULL, PRIMARY KEY (page_id, code)
);
CREATE TABLE landing_view (
  page_id TEXT NOT NULL REFERENCES landing_page(id), day TEXT NOT NULL, ref TEXT NOT NULL, views INTEGER NOT NULL, PRIMARY KEY (page_id, day, ref)
);
CREATE TABLE landing_lead (
  lead_id TEXT PRIMARY KEY, page_id TEXT NOT NULL REFERENCES landing_page(id), promotion_id TEXT NOT NULL, owner_id TEXT NOT NULL REFERENCES org(id), org_id TEXT NOT NULL REFERENCES org(id), offer_id TEXT NOT NULL, ref TEXT NOT NULL, happened INTEGER NOT NULL
);
CREATE INDEX landing_lead_of ON landing_lead (promotion_id, happened, lead_id);
ALTER TABLE lead ADD COLUMN ref TEXT NOT NULL DEFAULT '';

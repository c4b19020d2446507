-- +goose Up
-- Public pages of promotions, one for each participant: the words that the owner proposes, the pages, their referral codes, views by day (of nobody in particular), and which lead came by which page. ref is the code a lead came by.
CREATE TABLE landing_text (
  promotion_id text PRIMARY KEY REFERENCES promotion(id), owner_id text NOT NULL REFERENCES org(id), body text NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, version bigint NOT NULL
);
CREATE TABLE landing_page (
  id text PRIMARY KEY, promotion_id text NOT NULL REFERENCES promotion(id), owner_id text NOT NULL REFERENCES org(id), org_id text NOT NULL REFERENCES org(id), token text NOT NULL, secret text NOT NULL, live bigint NOT NULL,
  body text NOT NULL, privacy text NOT NULL, imprint text NOT NULL, offer bigint NOT NULL, listed bigint NOT NULL, published bigint NOT NULL, changed bigint NOT NULL, changed_by text NOT NULL, version bigint NOT NULL
);
CREATE UNIQUE INDEX landing_page_of ON landing_page (promotion_id, org_id);
CREATE UNIQUE INDEX landing_page_token ON landing_page (token);
CREATE TABLE landing_code (
  page_id text NOT NULL REFERENCES landing_page(id), code text NOT NULL, label text NOT NULL, made bigint NOT NULL, made_by text NOT NULL, PRIMARY KEY (page_id, code)
);
CREATE TABLE landing_view (
  page_id text NOT NULL REFERENCES landing_page(id), day text NOT NULL, ref text NOT NULL, views bigint NOT NULL, PRIMARY KEY (page_id, day, ref)
);
CREATE TABLE landing_lead (
  lead_id text PRIMARY KEY, page_id text NOT NULL REFERENCES landing_page(id), promotion_id text NOT NULL, owner_id text NOT NULL REFERENCES org(id), org_id text NOT NULL REFERENCES org(id), offer_id text NOT NULL, ref text NOT NULL, happened bigint NOT NULL
);
CREATE INDEX landing_lead_of ON landing_lead (promotion_id, happened, lead_id);
ALTER TABLE lead ADD COLUMN ref text NOT NULL DEFAULT '';

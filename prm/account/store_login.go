package account

import (
	"context"
	"time"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
)

type sessionRow struct {
	ID        string `gorm:"primaryKey"`
	Hash      string
	PersonID  string
	Csrf      string
	Addr      string
	Agent     string
	Created   int64 `gorm:"autoCreateTime:false"`
	Seen      int64
	IdleUntil int64
	EndBy     int64
	Ended     int64
}

func (sessionRow) TableName() string { return "session" }

func (r sessionRow) session() Session {
	return Session{ID: r.ID, Person: r.PersonID, Addr: r.Addr, Agent: r.Agent, Created: db.FromMicros(r.Created), Seen: db.FromMicros(r.Seen),
		IdleUntil: db.FromMicros(r.IdleUntil), EndBy: db.FromMicros(r.EndBy)}
}

func (r sessionRow) live(now time.Time) bool {
	n := db.Micros(now)
	return r.Ended == 0 && n < r.IdleUntil && n < r.EndBy
}

func insertSession(ctx context.Context, s Session, hash, csrf string) error {
	return db.Tx(ctx).Create(&sessionRow{ID: s.ID, Hash: hash, PersonID: s.Person, Csrf: csrf, Addr: s.Addr, Agent: s.Agent, Created: db.Micros(s.Created),
		Seen: db.Micros(s.Seen), IdleUntil: db.Micros(s.IdleUntil), EndBy: db.Micros(s.EndBy)}).Error
}

// findSession looks a session up by one column: "hash" or "id".
func findSession(ctx context.Context, by, value string) (sessionRow, bool, error) {
	q := db.Tx(ctx)
	switch by {
	case "hash":
		q = q.Where("hash = ?", value)
	default:
		q = q.Where("id = ?", value)
	}
	var rows []sessionRow
	if err := q.Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return sessionRow{}, false, err
	}
	return rows[0], true, nil
}

// byID are the rows of some ids that exist, ended and revoked ones too.
func byID[R any](ctx context.Context, ids []string, id func(R) string) (map[string]R, error) {
	out := make(map[string]R, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var rows []R
	err := db.Tx(ctx).Where("id IN ?", ids).Find(&rows).Error
	for _, r := range rows {
		out[id(r)] = r
	}
	return out, err
}

// rolesOfAll are the roles of persons in the companies that they may act for: person →
// company → roles.
func rolesOfAll(ctx context.Context, persons []string) (map[string]map[string][]access.Role, error) {
	out := make(map[string]map[string][]access.Role, len(persons))
	if len(persons) == 0 {
		return out, nil
	}
	var rows []membershipRow
	err := db.Tx(ctx).Select("membership.*").Joins("JOIN org ON org.id = membership.org_id").
		Where("membership.person_id IN ? AND membership.state = 'active' AND org.state = 'active'", persons).Find(&rows).Error
	for _, r := range rows {
		if out[r.PersonID] == nil {
			out[r.PersonID] = map[string][]access.Role{}
		}
		out[r.PersonID][r.OrgID] = rolesOf(r.Roles)
	}
	return out, err
}

func touchSession(ctx context.Context, id string) error {
	now := db.Now(ctx)
	return db.Tx(ctx).Model(&sessionRow{}).Where("id = ? AND ended = 0 AND seen < ?", id, db.Micros(now)).
		Updates(map[string]any{"seen": db.Micros(now), "idle_until": db.Micros(now.Add(SessionIdle))}).Error
}

// sessionsOf returns the live sessions of a person, newest sign of life first.
func sessionsOf(ctx context.Context, person string) ([]Session, error) {
	now := db.Micros(db.Now(ctx))
	var rows []sessionRow
	err := db.Tx(ctx).Where("person_id = ? AND ended = 0 AND idle_until > ? AND end_by > ?", person, now, now).Order("seen DESC, id DESC").Find(&rows).Error
	out := make([]Session, len(rows))
	for i, r := range rows {
		out[i] = r.session()
	}
	return out, err
}

// lastSeen is when people used their sessions, ended ones too.
func lastSeen(ctx context.Context, people []string) (map[string]time.Time, error) {
	var rows []struct {
		PersonID string
		Seen     int64
	}
	err := db.Tx(ctx).Model(&sessionRow{}).Select("person_id, MAX(seen) AS seen").Where("person_id IN ?", people).Group("person_id").Scan(&rows).Error
	out := make(map[string]time.Time, len(rows))
	for _, r := range rows {
		out[r.PersonID] = db.FromMicros(r.Seen)
	}
	return out, err
}

// endSessions ends the live sessions of a person, all or the named one, but
// never the one in except. It returns the ids that ended.
func endSessions(ctx context.Context, person, only, except string) ([]string, error) {
	q := db.Tx(ctx).Model(&sessionRow{}).Where("person_id = ? AND ended = 0 AND id <> ?", person, except)
	if only != "" {
		q = q.Where("id = ?", only)
	}
	var ids []string
	if err := q.Pluck("id", &ids).Error; err != nil || len(ids) == 0 {
		return nil, err
	}
	return ids, db.Tx(ctx).Model(&sessionRow{}).Where("person_id = ? AND id IN ? AND ended = 0", person, ids).Update("ended", db.Micros(db.Now(ctx))).Error
}

type linkRow struct {
	ID       string `gorm:"primaryKey"`
	Hash     string
	Kind     string
	OrgID    string
	PersonID string
	Email    string
	Name     string
	Roles    string
	MadeBy   string
	Created  int64 `gorm:"autoCreateTime:false"`
	Expires  int64
	Used     int64
}

func (linkRow) TableName() string { return "link" }

func insertLink(ctx context.Context, r linkRow) error { return db.Tx(ctx).Create(&r).Error }

func findLink(ctx context.Context, hash string) (linkRow, bool, error) {
	var rows []linkRow
	if err := db.Tx(ctx).Where("hash = ?", hash).Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return linkRow{}, false, err
	}
	return rows[0], true, nil
}

// takeLink uses a link up; false when somebody was quicker or it expired.
func takeLink(ctx context.Context, id string) (bool, error) {
	now := db.Micros(db.Now(ctx))
	res := db.Tx(ctx).Model(&linkRow{}).Where("id = ? AND used = 0 AND expires > ?", id, now).Update("used", now)
	return res.RowsAffected == 1, res.Error
}

// killLinks uses up the open links of a person of the given kinds.
func killLinks(ctx context.Context, person string, kinds ...LinkKind) error {
	return db.Tx(ctx).Model(&linkRow{}).Where("person_id = ? AND used = 0 AND kind IN ?", person, kinds).Update("used", db.Micros(db.Now(ctx))).Error
}

// killInvitations uses up the open invitations of an address to a company; with
// id only that one. It reports whether there was one.
func killInvitations(ctx context.Context, org, email, id string) (bool, error) {
	q := db.Tx(ctx).Model(&linkRow{}).Where("org_id = ? AND used = 0 AND kind IN ?", org, []LinkKind{LinkInvite, LinkFirst})
	if id != "" {
		q = q.Where("id = ?", id)
	} else {
		q = q.Where("email = ?", email)
	}
	res := q.Update("used", db.Micros(db.Now(ctx)))
	return res.RowsAffected > 0, res.Error
}

func invitationsOf(ctx context.Context, org string) ([]Invitation, error) {
	var rows []linkRow
	err := db.Tx(ctx).Where("org_id = ? AND kind IN ? AND used = 0 AND expires > ?", org, []LinkKind{LinkInvite, LinkFirst}, db.Micros(db.Now(ctx))).
		Order("created DESC, id DESC").Find(&rows).Error
	out := make([]Invitation, len(rows))
	for i, r := range rows {
		out[i] = Invitation{ID: r.ID, Email: r.Email, Name: r.Name, Roles: rolesOf(r.Roles), MadeBy: r.MadeBy, Created: db.FromMicros(r.Created), Expires: db.FromMicros(r.Expires)}
	}
	return out, err
}

type tokenRow struct {
	OrgID    string `gorm:"primaryKey"`
	ID       string `gorm:"primaryKey"`
	PersonID string
	Name     string
	Hash     string
	Hint     string
	Scopes   string
	Created  int64 `gorm:"autoCreateTime:false"`
	Expires  int64
	Used     int64
	Revoked  int64
}

func (tokenRow) TableName() string { return "api_token" }

func (r tokenRow) token() Token {
	return Token{ID: r.ID, Org: r.OrgID, Person: r.PersonID, Name: r.Name, Hint: r.Hint, Scopes: splitList(r.Scopes), Created: db.FromMicros(r.Created),
		Expires: db.FromMicros(r.Expires), Used: db.FromMicros(r.Used), Revoked: db.FromMicros(r.Revoked)}
}

func insertToken(ctx context.Context, t Token, hash string) error {
	return db.Tx(ctx).Create(&tokenRow{OrgID: t.Org, ID: t.ID, PersonID: t.Person, Name: t.Name, Hash: hash, Hint: t.Hint, Scopes: joinList(t.Scopes),
		Created: db.Micros(t.Created), Expires: db.Micros(t.Expires)}).Error
}

// findToken looks a token up by its id.
func findToken(ctx context.Context, id string) (tokenRow, bool, error) {
	var rows []tokenRow
	if err := db.Tx(ctx).Where("id = ?", id).Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return tokenRow{}, false, err
	}
	return rows[0], true, nil
}

// loginByHash reads a token with its person, company and roles, in one look: every call
// of the API does. It reports none where the company or the membership is not active.
func loginByHash(ctx context.Context, hash string) (Login, tokenRow, bool, error) {
	var t tokenRow
	var p personRow
	var o orgRow
	var roles string
	ok, err := db.Row(ctx, `SELECT t.org_id, t.id, t.person_id, t.scopes, t.expires, t.used, t.revoked,
  p.id, p.email, p.name, p.locale, p.theme, p.timezone, p.operator, p.state, p.last_org, p.created,
  o.id, o.slug, o.name, o.city, o.country, o.currency, o.timezone, o.locale, o.state, o.created, m.roles
FROM api_token t JOIN person p ON p.id = t.person_id
JOIN membership m ON m.person_id = t.person_id AND m.org_id = t.org_id AND m.state = 'active'
JOIN org o ON o.id = t.org_id AND o.state = 'active' WHERE t.hash = ?`, []any{hash},
		&t.OrgID, &t.ID, &t.PersonID, &t.Scopes, &t.Expires, &t.Used, &t.Revoked,
		&p.ID, &p.Email, &p.Name, &p.Locale, &p.Theme, &p.Timezone, &p.Operator, &p.State, &p.LastOrg, &p.Created,
		&o.ID, &o.Slug, &o.Name, &o.City, &o.Country, &o.Currency, &o.Timezone, &o.Locale, &o.State, &o.Created, &roles)
	if err != nil || !ok {
		return Login{}, t, false, err
	}
	return tokenLogin(t, p.person(), Seat{Org: o.org(), Roles: rolesOf(roles)}), t, true, nil
}

// touchToken notes the use, at most once a minute.
func touchToken(ctx context.Context, org, id string) error {
	now := db.Now(ctx)
	return db.Tx(ctx).Model(&tokenRow{}).Where("org_id = ? AND id = ? AND used <= ?", org, id, db.Micros(now.Add(-touchEvery))).Update("used", db.Micros(now)).Error
}

// tokensOf returns tokens of a company, of one person or of all, newest first.
func tokensOf(ctx context.Context, org, person string) ([]Token, error) {
	var rows []struct {
		Row        tokenRow `gorm:"embedded"`
		PersonName string
	}
	q := db.Tx(ctx).Model(&tokenRow{}).Select("api_token.*, person.name AS person_name").Joins("JOIN person ON person.id = api_token.person_id").
		Where("api_token.org_id = ?", org)
	if person != "" {
		q = q.Where("api_token.person_id = ?", person)
	}
	err := q.Order("api_token.created DESC, api_token.id DESC").Limit(500).Scan(&rows).Error
	out := make([]Token, len(rows))
	for i, r := range rows {
		out[i] = r.Row.token()
		out[i].PersonName = r.PersonName
	}
	return out, err
}

func countTokens(ctx context.Context, org, person string) (int64, error) {
	var n int64
	err := db.Tx(ctx).Model(&tokenRow{}).Where("org_id = ? AND person_id = ? AND revoked = 0 AND expires > ?", org, person, db.Micros(db.Now(ctx))).Count(&n).Error
	return n, err
}

// revokeTokens revokes live tokens of a company: one by id, or all of a person.
func revokeTokens(ctx context.Context, org, person, id string) ([]string, error) {
	q := db.Tx(ctx).Model(&tokenRow{}).Where("org_id = ? AND revoked = 0", org)
	if person != "" {
		q = q.Where("person_id = ?", person)
	}
	if id != "" {
		q = q.Where("id = ?", id)
	}
	var ids []string
	if err := q.Pluck("id", &ids).Error; err != nil || len(ids) == 0 {
		return nil, err
	}
	return ids, db.Tx(ctx).Model(&tokenRow{}).Where("org_id = ? AND id IN ? AND revoked = 0", org, ids).Update("revoked", db.Micros(db.Now(ctx))).Error
}

type throttleRow struct {
	Key      string `gorm:"primaryKey"`
	Failures int64
	Since    int64
	Until    int64
}

func (throttleRow) TableName() string { return "throttle" }

// lockThrottle returns the row of a key, making it; on PostgreSQL locked, so
// keys are always taken in sorted order.
func lockThrottle(ctx context.Context, key string) (throttleRow, error) {
	if err := db.Tx(ctx).Clauses(clause.OnConflict{DoNothing: true}).Create(&throttleRow{Key: key}).Error; err != nil {
		return throttleRow{}, err
	}
	q := db.Tx(ctx)
	if db.DialectOf(ctx) == db.Postgres {
		q = q.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var r throttleRow
	err := q.Where("key = ?", key).Take(&r).Error
	return r, err
}

func updateThrottle(ctx context.Context, r throttleRow) error {
	return db.Tx(ctx).Model(&throttleRow{}).Where("key = ?", r.Key).Updates(map[string]any{"failures": r.Failures, "since": r.Since, "until": r.Until}).Error
}

func deleteThrottle(ctx context.Context, key string) error {
	return db.Tx(ctx).Where("key = ?", key).Delete(&throttleRow{}).Error
}

// sweep deletes what has been dead for long.
func sweep(ctx context.Context, before time.Time) error {
	b := db.Micros(before)
	if err := db.Tx(ctx).Where("since < ? AND until < ?", b, b).Delete(&throttleRow{}).Error; err != nil {
		return err
	}
	if err := db.Tx(ctx).Where("end_by < ?", b).Delete(&sessionRow{}).Error; err != nil {
		return err
	}
	if err := db.Tx(ctx).Where("expires < ?", b).Delete(&linkRow{}).Error; err != nil {
		return err
	}
	return sweepSFTPTries(ctx, b)
}

// hasAdmin reports whether the person is a present admin of the company.
func hasAdmin(m membershipRow) bool {
	return m.State == string(Active) && (access.Actor{Roles: rolesOf(m.Roles)}).Has(access.Admin)
}

// countFounded counts the companies that a company founded and whose link is still open.
// Of a founding link person_id is the company that made it.
func countFounded(ctx context.Context, org string, now time.Time) (int, error) {
	var n int64
	err := db.Tx(ctx).Model(&linkRow{}).Where("kind = ? AND person_id = ? AND used = 0 AND expires > ?", string(LinkFound), org, db.Micros(now)).Count(&n).Error
	return int(n), err
}

// foundingOf reads the latest link by which a company founded another.
func foundingOf(ctx context.Context, by, org string) (linkRow, error) {
	var rows []linkRow
	err := db.Tx(ctx).Where("kind = ? AND person_id = ? AND org_id = ?", string(LinkFound), by, org).Order("created DESC").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		if err == nil {
			err = errNotFound
		}
		return linkRow{}, err
	}
	return rows[0], nil
}

// endFoundings kills the open links into a founded company.
func endFoundings(ctx context.Context, org string) error {
	return db.Tx(ctx).Model(&linkRow{}).Where("kind = ? AND org_id = ? AND used = 0", string(LinkFound), org).Update("used", db.Micros(db.Now(ctx))).Error
}

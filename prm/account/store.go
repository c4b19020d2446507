package account

import (
	"context"
	"strings"
	"time"

	"gorm.io/gorm/clause"

	"entente/db"
	"entente/prm/access"
	"entente/prm/fault"
	"entente/prm/money"
)

type orgRow struct {
	ID       string `gorm:"primaryKey"`
	Slug     string
	Name     string
	City     string
	Street   string
	Postcode string
	TaxID    string
	Country  string
	Currency string
	Timezone string
	Locale   string
	State    string
	Created  int64 `gorm:"autoCreateTime:false"`
}

func (orgRow) TableName() string { return "org" }

func (r orgRow) org() Org {
	return Org{ID: r.ID, Slug: r.Slug, Name: r.Name, City: r.City, Street: r.Street, Postcode: r.Postcode, TaxID: r.TaxID, Country: r.Country, Currency: money.Currency(r.Currency), Zone: r.Timezone,
		Locale: r.Locale, State: State(r.State), Created: db.FromMicros(r.Created)}
}

type personRow struct {
	ID         string `gorm:"primaryKey"`
	Email      string
	Name       string
	Locale     string
	Theme      string
	Timezone   string
	Password   string
	PasswordAt int64
	Operator   bool
	State      string
	LastOrg    string
	Created    int64 `gorm:"autoCreateTime:false"`
}

func (personRow) TableName() string { return "person" }

func (r personRow) person() Person {
	return Person{ID: r.ID, Email: r.Email, Name: r.Name, Locale: r.Locale, Theme: r.Theme, Zone: r.Timezone, Operator: r.Operator,
		State: State(r.State), LastOrg: r.LastOrg, Created: db.FromMicros(r.Created)}
}

type membershipRow struct {
	OrgID    string `gorm:"primaryKey"`
	PersonID string `gorm:"primaryKey"`
	Roles    string
	State    string
	Created  int64 `gorm:"autoCreateTime:false"`
	Ended    int64
}

func (membershipRow) TableName() string { return "membership" }

// rolesOf reads stored roles; a word that is no role any more gives no right.
func rolesOf(s string) []access.Role {
	var out []access.Role
	for w := range strings.SplitSeq(s, ",") {
		if rs, err := access.ParseRoles(w); err == nil {
			out = append(out, rs...)
		}
	}
	return out
}

func insertOrg(ctx context.Context, o Org) error {
	return db.Tx(ctx).Create(&orgRow{ID: o.ID, Slug: o.Slug, Name: o.Name, City: o.City, Street: o.Street, Postcode: o.Postcode, TaxID: o.TaxID, Country: o.Country, Currency: string(o.Currency), Timezone: o.Zone,
		Locale: o.Locale, State: string(o.State), Created: db.Micros(o.Created)}).Error
}

func readOrg(ctx context.Context, id string) (Org, error) {
	var r orgRow
	if err := db.Tx(ctx).Where("id = ?", id).Take(&r).Error; err != nil {
		return Org{}, err
	}
	return r.org(), nil
}

func readOrgBySlug(ctx context.Context, slug string) (Org, error) {
	var r orgRow
	if err := db.Tx(ctx).Where("slug = ?", slug).Take(&r).Error; err != nil {
		return Org{}, err
	}
	return r.org(), nil
}

func readOrgs(ctx context.Context, ids []string) (map[string]Org, error) {
	out := make(map[string]Org, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var ask []string
	for _, id := range ids {
		if o, ok := db.Known[Org](ctx, "org:"+id); ok {
			out[id] = o
		} else {
			ask = append(ask, id)
		}
	}
	if len(ask) == 0 {
		return out, nil
	}
	var rows []orgRow
	if err := db.Tx(ctx).Where("id IN ?", ask).Find(&rows).Error; err != nil {
		return nil, err
	}
	for _, r := range rows {
		out[r.ID] = r.org()
		db.Know(ctx, "org:"+r.ID, []string{"org"}, out[r.ID])
	}
	return out, nil
}

func updateOrg(ctx context.Context, o Org) error {
	return db.Tx(ctx).Model(&orgRow{}).Where("id = ?", o.ID).Updates(map[string]any{"name": o.Name, "city": o.City, "street": o.Street, "postcode": o.Postcode, "tax_id": o.TaxID, "country": o.Country,
		"currency": string(o.Currency), "timezone": o.Zone, "locale": o.Locale}).Error
}

func anyOrg(ctx context.Context) (bool, error) {
	var ids []string
	err := db.Tx(ctx).Model(&orgRow{}).Limit(1).Pluck("id", &ids).Error
	return len(ids) > 0, err
}

// PlatformOrg is a company as the platform operator sees it.
type PlatformOrg struct {
	ID, Slug, Name string
	People         int
	Created        time.Time
}

func readPlatformOrgs(ctx context.Context) ([]PlatformOrg, error) {
	var rows []struct {
		ID, Slug, Name string
		People         int
		Created        int64
	}
	err := db.Tx(ctx).Model(&orgRow{}).
		Select("org.id, org.slug, org.name, org.created, (SELECT count(*) FROM membership m WHERE m.org_id = org.id AND m.state = 'active') AS people").
		Order("org.name, org.id").Scan(&rows).Error
	out := make([]PlatformOrg, len(rows))
	for i, r := range rows {
		out[i] = PlatformOrg{ID: r.ID, Slug: r.Slug, Name: r.Name, People: r.People, Created: db.FromMicros(r.Created)}
	}
	return out, err
}

// lockOrg makes the changes of one company's people and identities follow each
// other. SQLite has one writer anyway.
func lockOrg(ctx context.Context, id string) error {
	q := db.Tx(ctx)
	if db.DialectOf(ctx) == db.Postgres {
		q = q.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	var r orgRow
	return q.Where("id = ?", id).Take(&r).Error
}

func insertPerson(ctx context.Context, p Person, password string, passwordAt time.Time) error {
	return db.Tx(ctx).Create(&personRow{ID: p.ID, Email: p.Email, Name: p.Name, Locale: p.Locale, Theme: p.Theme, Timezone: p.Zone, Password: password,
		PasswordAt: db.Micros(passwordAt), Operator: p.Operator, State: string(p.State), LastOrg: p.LastOrg, Created: db.Micros(p.Created)}).Error
}

// findPerson returns the person of an address; ok is false when there is none.
func findPerson(ctx context.Context, email string) (p Person, password string, ok bool, err error) {
	var rows []personRow
	if err := db.Tx(ctx).Where("email = ?", email).Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return Person{}, "", false, err
	}
	return rows[0].person(), rows[0].Password, true, nil
}

func readPerson(ctx context.Context, id string) (Person, string, error) {
	var r personRow
	if err := db.Tx(ctx).Where("id = ?", id).Take(&r).Error; err != nil {
		return Person{}, "", err
	}
	return r.person(), r.Password, nil
}

func readPersons(ctx context.Context, ids []string) (map[string]Person, error) {
	out := make(map[string]Person, len(ids))
	if len(ids) == 0 {
		return out, nil
	}
	var rows []personRow
	if err := db.Tx(ctx).Where("id IN ?", ids).Find(&rows).Error; err != nil {
		return nil, err
	}
	for _, r := range rows {
		out[r.ID] = r.person()
	}
	return out, nil
}

func updateProfile(ctx context.Context, p Person) error {
	return db.Tx(ctx).Model(&personRow{}).Where("id = ?", p.ID).Updates(map[string]any{"name": p.Name, "locale": p.Locale, "theme": p.Theme, "timezone": p.Zone}).Error
}

func updateEmail(ctx context.Context, id, email string) error {
	return db.Tx(ctx).Model(&personRow{}).Where("id = ?", id).Update("email", email).Error
}

func updatePassword(ctx context.Context, id, password string) error {
	return db.Tx(ctx).Model(&personRow{}).Where("id = ?", id).Updates(map[string]any{"password": password, "password_at": db.Micros(db.Now(ctx))}).Error
}

func updateOperator(ctx context.Context, id string) error {
	return db.Tx(ctx).Model(&personRow{}).Where("id = ?", id).Updates(map[string]any{"operator": true, "state": string(Active)}).Error
}

func updateLastOrg(ctx context.Context, id, org string) error {
	return db.Tx(ctx).Model(&personRow{}).Where("id = ? AND last_org <> ?", id, org).Update("last_org", org).Error
}

// seatsOf returns the present memberships of a person, by name of company.
func seatsOf(ctx context.Context, person string) ([]Seat, error) {
	var rows []struct {
		Row   orgRow `gorm:"embedded"`
		Roles string
	}
	err := db.Tx(ctx).Model(&orgRow{}).Select("org.*, membership.roles").
		Joins("JOIN membership ON membership.org_id = org.id").
		Where("membership.person_id = ? AND membership.state = 'active' AND org.state = 'active'", person).
		Order("org.name, org.id").Scan(&rows).Error
	out := make([]Seat, len(rows))
	for i, r := range rows {
		out[i] = Seat{Org: r.Row.org(), Roles: rolesOf(r.Roles)}
	}
	return out, err
}

func findMembership(ctx context.Context, org, person string) (membershipRow, bool, error) {
	var rows []membershipRow
	err := db.Tx(ctx).Where("org_id = ? AND person_id = ?", org, person).Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return membershipRow{}, false, err
	}
	return rows[0], true, nil
}

// elsewhere reports whether the person has or had a membership outside org.
func elsewhere(ctx context.Context, org, person string) (bool, error) {
	var ids []string
	err := db.Tx(ctx).Model(&membershipRow{}).Where("person_id = ? AND org_id <> ?", person, org).Limit(1).Pluck("org_id", &ids).Error
	return len(ids) > 0, err
}

// putMembership makes a membership or revives an ended one with new roles.
func putMembership(ctx context.Context, org, person string, roles []access.Role) error {
	res := db.Tx(ctx).Model(&membershipRow{}).Where("org_id = ? AND person_id = ?", org, person).
		Updates(map[string]any{"roles": access.JoinRoles(roles), "state": string(Active), "ended": 0})
	if res.Error != nil || res.RowsAffected > 0 {
		return res.Error
	}
	return db.Tx(ctx).Create(&membershipRow{OrgID: org, PersonID: person, Roles: access.JoinRoles(roles), State: string(Active), Created: db.Micros(db.Now(ctx))}).Error
}

func endMembership(ctx context.Context, org, person string) (bool, error) {
	res := db.Tx(ctx).Model(&membershipRow{}).Where("org_id = ? AND person_id = ? AND state = ?", org, person, string(Active)).
		Updates(map[string]any{"state": string(Ended), "ended": db.Micros(db.Now(ctx))})
	return res.RowsAffected > 0, res.Error
}

// otherAdmin reports whether somebody besides person is a present admin of org.
// Call lockOrg before.
func otherAdmin(ctx context.Context, org, person string) (bool, error) {
	var roles []string
	err := db.Tx(ctx).Model(&membershipRow{}).Where("org_id = ? AND person_id <> ? AND state = ?", org, person, string(Active)).Pluck("roles", &roles).Error
	for _, r := range roles {
		if (access.Actor{Roles: rolesOf(r)}).Has(access.Admin) {
			return true, nil
		}
	}
	return false, err
}

// membersOf returns everyone who is or was in the company, present ones first.
func membersOf(ctx context.Context, org string) ([]Member, error) {
	var rows []struct {
		Row     personRow `gorm:"embedded"`
		Roles   string
		MState  string
		MMade   int64
		MEnded  int64
		SeenMax int64
	}
	err := db.Tx(ctx).Model(&personRow{}).
		Select("person.*, membership.roles, membership.state AS m_state, membership.created AS m_made, membership.ended AS m_ended, "+
			"COALESCE((SELECT max(s.seen) FROM session s WHERE s.person_id = person.id AND person.last_org = membership.org_id), 0) AS seen_max").
		Joins("JOIN membership ON membership.person_id = person.id").
		Where("membership.org_id = ?", org).
		Order("membership.state, person.name, person.id").Scan(&rows).Error
	out := make([]Member, len(rows))
	for i, r := range rows {
		out[i] = Member{Person: r.Row.person(), Roles: rolesOf(r.Roles), State: State(r.MState), Created: db.FromMicros(r.MMade), Ended: db.FromMicros(r.MEnded), Seen: db.FromMicros(r.SeenMax)}
	}
	return out, err
}

// colleaguesOf returns the present people of the companies, by name.
func colleaguesOf(ctx context.Context, orgs []string) ([]Colleague, error) {
	if len(orgs) == 0 {
		return nil, nil
	}
	var rows []struct {
		ID, Name, Email, Locale, Timezone, OrgID, Roles string
	}
	err := db.Tx(ctx).Model(&personRow{}).
		Select("person.id, person.name, person.email, person.locale, person.timezone, membership.org_id, membership.roles").
		Joins("JOIN membership ON membership.person_id = person.id").
		Where("membership.org_id IN ? AND membership.state = 'active' AND person.state = 'active'", orgs).
		Order("person.name, person.id, membership.org_id").Scan(&rows).Error
	out := make([]Colleague, len(rows))
	for i, r := range rows {
		out[i] = Colleague{ID: r.ID, Name: r.Name, Org: r.OrgID, Roles: rolesOf(r.Roles), Locale: r.Locale, Zone: r.Timezone, Email: r.Email}
	}
	return out, err
}

type identityRow struct {
	OrgID     string `gorm:"primaryKey"`
	ID        string `gorm:"primaryKey"`
	Kind      string
	Qualifier string
	Value     string
	Created   int64 `gorm:"autoCreateTime:false"`
}

func (identityRow) TableName() string { return "edi_identity" }

func insertIdentity(ctx context.Context, i Identity) error {
	err := db.Tx(ctx).Create(&identityRow{OrgID: i.Org, ID: i.ID, Kind: string(i.Kind), Qualifier: i.Qualifier, Value: i.Value, Created: db.Micros(i.Created)}).Error
	if db.IsDuplicate(err) {
		return fault.Wrap(err, fault.Conflict, "account.identity_taken")
	}
	return err
}

func readIdentities(ctx context.Context, org string) ([]Identity, error) {
	var rows []identityRow
	err := db.Tx(ctx).Where("org_id = ?", org).Order("kind, qualifier, value").Find(&rows).Error
	out := make([]Identity, len(rows))
	for i, r := range rows {
		out[i] = Identity{ID: r.ID, Org: r.OrgID, Kind: IdentityKind(r.Kind), Qualifier: r.Qualifier, Value: r.Value, Created: db.FromMicros(r.Created)}
	}
	return out, err
}

func deleteIdentity(ctx context.Context, org, id string) (bool, error) {
	res := db.Tx(ctx).Where("org_id = ? AND id = ?", org, id).Delete(&identityRow{})
	return res.RowsAffected > 0, res.Error
}

type installationRow struct {
	Name  string `gorm:"primaryKey"`
	Value string
}

func (installationRow) TableName() string { return "installation" }

const setupName = "setup"

func putSetup(ctx context.Context, hash string) error {
	return db.Tx(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "name"}}, DoUpdates: clause.AssignmentColumns([]string{"value"})}).
		Create(&installationRow{Name: setupName, Value: hash}).Error
}

// setupIs reports whether hash is the present set-up token.
func setupIs(ctx context.Context, hash string) (bool, error) {
	var names []string
	err := db.Tx(ctx).Model(&installationRow{}).Where("name = ? AND value = ?", setupName, hash).Pluck("name", &names).Error
	return len(names) == 1, err
}

// takeSetup uses up the set-up token; false when it is another or gone.
func takeSetup(ctx context.Context, hash string) (bool, error) {
	res := db.Tx(ctx).Where("name = ? AND value = ?", setupName, hash).Delete(&installationRow{})
	return res.RowsAffected == 1, res.Error
}

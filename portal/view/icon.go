package view

// Icons that handlers choose for needs, notices, timeline entries, rooms and hits; templates name the others themselves.
// Every one of them is in the sprite, and the sprite holds nothing that is not named here, in a template or in the tables of this package.
const (
	IconOrder     = "package"
	IconRefused   = "package-off"
	IconArrived   = "package-import"
	IconShipped   = "truck"
	IconInvoice   = "receipt"
	IconDiffers   = "file-invoice"
	IconMessage   = "file-code"
	IconDocument  = "file-text"
	IconRoom      = "message-circle"
	IconPartner   = "building-community"
	IconTeam      = "hash"
	IconPerson    = "user"
	IconPeople    = "users"
	IconJoined    = "user-plus"
	IconLeft      = "user-off"
	IconProduct   = "book"
	IconIdentity  = "plug-connected"
	IconKey       = "key"
	IconMail      = "mail"
	IconDone      = "check"
	IconClosed    = "checks"
	IconHeld      = "lock"
	IconWait      = "clock"
	IconCalendar  = "calendar"
	IconAlert     = "alert-circle"
	IconInfo      = "info-circle"
	IconSent      = "send"
	IconAgain     = "refresh"
	IconHistory   = "history"
	IconProtected = "shield-check"
	IconSettings  = "settings"
	IconSeen      = "eye"
	IconCalled    = "phone"
)

// chosen lists the constants above for the test of the sprite.
var chosen = []string{IconOrder, IconRefused, IconArrived, IconShipped, IconInvoice, IconDiffers, IconMessage, IconDocument, IconRoom, IconPartner, IconTeam, IconPerson, IconPeople, IconJoined, IconLeft, IconProduct, IconIdentity, IconKey, IconMail, IconDone, IconClosed, IconHeld, IconWait, IconCalendar, IconAlert, IconInfo, IconSent, IconAgain, IconHistory, IconProtected, IconSettings, IconSeen, IconCalled}

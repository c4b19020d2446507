package web

import (
	"github.com/gofiber/fiber/v2"

	"entente/portal/session"
	"entente/prm/access"
	"entente/prm/account"
	"entente/prm/fault"
)

// pass lets the person the session middleware found through the route's gate.
// What is behind a gate that stays shut does not exist: a stranger at a company's
// address and an unknown address get the same answer.
// Codes: Unauthenticated, NotFound.
func (w *Web) pass(c *fiber.Ctx, r Route) (account.Login, error) {
	login, err := session.LoginOf(c.UserContext())
	switch r.Gate {
	case Public:
		return login, nil
	case InCompany:
		return session.InCompany(c.UserContext())
	case Operator:
		if err == nil {
			err = access.CheckOperator(login.Actor)
		}
	case SignedIn:
	default:
		err = fault.New(fault.Internal, "error.internal")
	}
	return login, err
}

// whoever is the person behind a request that failed, for the frame of the error
// page; nobody when that cannot be told.
func (w *Web) whoever(c *fiber.Ctx) account.Login {
	login, _ := session.LoginOf(c.UserContext())
	return login
}

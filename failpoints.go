//go:build failpoints

package main

import _ "entente/db/fail/plan"

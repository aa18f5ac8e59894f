window.rollbookDecide = {
 "schema": 1,
 "service": "partpulse",
 "name": "PartPulse",
 "severities": [
  {
   "id": "critical",
   "title": "Critical Issues",
   "verdict": "Rollback SHOULD be triggered."
  },
  {
   "id": "high",
   "title": "High Severity Issues",
   "verdict": "Rollback SHOULD be triggered."
  },
  {
   "id": "medium",
   "title": "Medium Severity Issues",
   "verdict": "Consider rollback."
  }
 ],
 "metrics": [
  {
   "option": "error-rate",
   "title": "Error rate",
   "unit": "%",
   "percent": true
  },
  {
   "option": "slowdown",
   "title": "Response time",
   "unit": "x",
   "percent": false
  },
  {
   "option": "authentication-failures",
   "title": "Auth failure rate",
   "unit": "%",
   "percent": true
  },
  {
   "option": "users-affected",
   "title": "Users affected",
   "unit": "%",
   "percent": true
  },
  {
   "option": "fix-duration",
   "title": "Time until a fix is available",
   "unit": " hours",
   "percent": false
  }
 ],
 "conditions": [
  {
   "id": "error-rate-warning",
   "words": "Error rate >5%",
   "severity": null,
   "option": "error-rate",
   "above": 5,
   "below": null,
   "says": [
    "9.2 Error rate >5%: warning alert"
   ],
   "notes": [],
   "triggers": []
  },
  {
   "id": "error-rate-critical",
   "words": "Error rate >10%",
   "severity": "critical",
   "option": "error-rate",
   "above": 10,
   "below": null,
   "says": [
    "3.1 High Severity Issues: Error rate spike (>10% requests failing)",
    "9.2 Error rate >10%: critical alert"
   ],
   "notes": [
    "UNDECIDED: Error rate >10%: the triggers list it under High Severity Issues, the alert is critical. Until people decide, the more severe one is taken."
   ],
   "triggers": [
    "error-rate"
   ]
  },
  {
   "id": "response-time-slow",
   "words": "Response time >2x",
   "severity": "high",
   "option": "slowdown",
   "above": 2,
   "below": null,
   "says": [
    "3.1 High Severity Issues: Performance degradation (>2x slower)",
    "9.2 Response time >2x: warning alert"
   ],
   "notes": [
    "UNDECIDED: Response time >2x: the triggers list it under High Severity Issues, the alert is warning. Until people decide, the more severe one is taken."
   ],
   "triggers": [
    "performance"
   ]
  },
  {
   "id": "database-unavailable",
   "words": "Database connection down",
   "severity": "critical",
   "option": null,
   "above": null,
   "below": null,
   "says": [
    "9.2 Database connection down: critical alert"
   ],
   "notes": [],
   "triggers": []
  },
  {
   "id": "application-unavailable",
   "words": "Application down",
   "severity": "critical",
   "option": null,
   "above": null,
   "below": null,
   "says": [
    "9.2 Application down: critical alert"
   ],
   "notes": [],
   "triggers": []
  },
  {
   "id": "authentication-failures-critical",
   "words": "Auth failure rate >1%",
   "severity": "critical",
   "option": "authentication-failures",
   "above": 1,
   "below": null,
   "says": [
    "9.2 Auth failure rate >1%: critical alert"
   ],
   "notes": [
    "UNDECIDED: Auth failure rate: the triggers name no figure but a condition, \"Authentication failures blocking all users\", the critical alert comes at >1%. Until people decide, the more severe one is taken."
   ],
   "triggers": []
  },
  {
   "id": "users-affected",
   "words": "Users affected >50%",
   "severity": "high",
   "option": "users-affected",
   "above": 50,
   "below": null,
   "says": [
    "3.1 High Severity Issues: Significant user impact (>50% users affected)"
   ],
   "notes": [],
   "triggers": [
    "user-impact"
   ]
  },
  {
   "id": "fix-duration",
   "words": "Time until a fix is available >4 hours",
   "severity": "medium",
   "option": "fix-duration",
   "above": 4,
   "below": null,
   "says": [
    "3.1 Medium Severity Issues: Fix available requires >4 hours"
   ],
   "notes": [],
   "triggers": [
    "slow-fix"
   ]
  },
  {
   "id": "application-down",
   "words": "Application crashes or fails to start",
   "severity": "critical",
   "option": null,
   "above": null,
   "below": null,
   "says": [
    "3.1 Critical Issues: Application crashes or fails to start"
   ],
   "notes": [],
   "triggers": [
    "application-down"
   ]
  },
  {
   "id": "database-down",
   "words": "Database connection failures",
   "severity": "critical",
   "option": null,
   "above": null,
   "below": null,
   "says": [
    "3.1 Critical Issues: Database connection failures"
   ],
   "notes": [],
   "triggers": [
    "database-down"
   ]
  },
  {
   "id": "authentication-down",
   "words": "Authentication failures blocking all users",
   "severity": "critical",
   "option": null,
   "above": null,
   "below": null,
   "says": [
    "3.1 Critical Issues: Authentication failures blocking all users"
   ],
   "notes": [],
   "triggers": [
    "authentication-down"
   ]
  },
  {
   "id": "data-corruption",
   "words": "Data corruption detected",
   "severity": "critical",
   "option": null,
   "above": null,
   "below": null,
   "says": [
    "3.1 Critical Issues: Data corruption detected"
   ],
   "notes": [],
   "triggers": [
    "data-corruption"
   ]
  },
  {
   "id": "vulnerability",
   "words": "Security vulnerability introduced",
   "severity": "critical",
   "option": null,
   "above": null,
   "below": null,
   "says": [
    "3.1 Critical Issues: Security vulnerability introduced"
   ],
   "notes": [],
   "triggers": [
    "vulnerability"
   ]
  },
  {
   "id": "functionality-broken",
   "words": "Major functionality broken",
   "severity": "high",
   "option": null,
   "above": null,
   "below": null,
   "says": [
    "3.1 High Severity Issues: Major functionality broken"
   ],
   "notes": [],
   "triggers": [
    "functionality-broken"
   ]
  },
  {
   "id": "business-impact",
   "words": "Business operations significantly impacted",
   "severity": "medium",
   "option": null,
   "above": null,
   "below": null,
   "says": [
    "3.1 Medium Severity Issues: Business operations significantly impacted"
   ],
   "notes": [],
   "triggers": [
    "business-impact"
   ]
  },
  {
   "id": "no-workaround",
   "words": "Workaround not feasible",
   "severity": "medium",
   "option": null,
   "above": null,
   "below": null,
   "says": [
    "3.1 Medium Severity Issues: Workaround not feasible"
   ],
   "notes": [],
   "triggers": [
    "no-workaround"
   ]
  }
 ],
 "choices": [
  {
   "id": "vercel-dashboard-rollback",
   "title": "4.1 Vercel Dashboard Rollback",
   "anchor": "41-vercel-dashboard-rollback",
   "when": "Recommended for emergencies",
   "case": null,
   "warning": "Production that moves loses all warranty claims: they live only in the memory of the running application. Read them out first, see Section 4.4.",
   "command": "sh vercel-rollback.sh",
   "severities": [],
   "triggers": [],
   "otherwise": true
  },
  {
   "id": "vercel-dashboard-rollback",
   "title": "4.1 Vercel Dashboard Rollback",
   "anchor": "41-vercel-dashboard-rollback",
   "when": "The database is down or paused: no build succeeds, and only a deployment that exists can go back",
   "case": "no-build",
   "warning": "Production that moves loses all warranty claims: they live only in the memory of the running application. Read them out first, see Section 4.4.",
   "command": "sh vercel-rollback.sh",
   "severities": [],
   "triggers": [],
   "otherwise": false
  },
  {
   "id": "git-rollback",
   "title": "4.2 Git-Based Rollback",
   "anchor": "42-git-based-rollback",
   "when": "Recommended for planned rollbacks",
   "case": "planned",
   "warning": "Production that moves loses all warranty claims: they live only in the memory of the running application. Read them out first, see Section 4.4.",
   "command": "sh git-rollback.sh \u003ccommit-sha>",
   "severities": [],
   "triggers": [],
   "otherwise": false
  },
  {
   "id": "emergency-rollback",
   "title": "4.3 Emergency Rollback Script",
   "anchor": "43-emergency-rollback-script",
   "when": "For automated rollback (if configured)",
   "case": "automated",
   "warning": "Production that moves loses all warranty claims: they live only in the memory of the running application. Read them out first, see Section 4.4.",
   "command": "sh rollback.sh \u003ccommit-sha>",
   "severities": [],
   "triggers": [],
   "otherwise": false
  },
  {
   "id": "database-rollback",
   "title": "5.2 Database Rollback",
   "anchor": "52-rollback-procedure",
   "when": "A database migration is causing issues",
   "case": "migration",
   "warning": "Stop writes to the database and take a fresh backup before the first change. A reversed DROP gives back the structure, never the rows.",
   "command": null,
   "severities": [],
   "triggers": [],
   "otherwise": false
  },
  {
   "id": "environment-variables",
   "title": "6.1 Environment Variables",
   "anchor": "61-environment-variables",
   "when": "If configuration change caused issue",
   "case": "configuration",
   "warning": null,
   "command": "sh env-restore.sh snapshot|diff|restore",
   "severities": [],
   "triggers": [],
   "otherwise": false
  },
  {
   "id": "code-configuration",
   "title": "6.2 Code-Based Configuration",
   "anchor": "62-code-based-configuration",
   "when": "If configuration in code (e.g., next.config.ts)",
   "case": "code-configuration",
   "warning": null,
   "command": null,
   "severities": [],
   "triggers": [],
   "otherwise": false
  }
 ],
 "authority": [
  {
   "title": "Who Can Trigger Rollback",
   "lines": [
    "Human Owner (Johan Ras)",
    "Designated on-call engineer",
    "Team lead with production access"
   ]
  },
  {
   "title": "Emergency Rollback",
   "lines": [
    "Any team member with access can trigger in true emergency",
    "Must notify team immediately after"
   ]
  }
 ],
 "words": {
  "no_reason": "Nothing that was given is a reason to roll back.",
  "only_alert": "An alert, and by itself no reason to roll back.",
  "not_asked": "Conditions that were not given were not looked at.",
  "by_hand": "By hand: there is no script for it.",
  "scripts": "Scripts lie in partpulse/scripts of the generated files. With --dry-run they say what they would do, and touch nothing; --help shows all that can be said.",
  "how": "How",
  "how_all_the_same": "How, if you roll back all the same"
 }
};

"""Small made-up repositories, written by the tests that look things up in them."""

from __future__ import annotations

import json
from pathlib import Path

# Everything that PartPulse's content names, as a Next.js application would have it.
NEXT = {
    ".git/HEAD": "ref: refs/heads/main\n",
    "package.json": json.dumps(
        {
            "scripts": {"build": "prisma migrate deploy && next build"},
            "dependencies": {"next": "16.0.7", "@prisma/client": "5.22.0"},
            "devDependencies": {"prisma": "5.22.0"},
        }
    ),
    "next.config.ts": "export default {};\n",
    "prisma/schema.prisma": 'datasource db { provider = "postgresql" }\n',
    "prisma/migrations/20260101000000_start/migration.sql": "CREATE TABLE users ();\n",
    "src/app/page.tsx": "export default function Home() { return null; }\n",
    "src/app/(site)/dashboard/page.tsx": "export default function Page() { return null; }\n",
    "src/app/api/health/route.ts": "export const GET = () => Response.json({ status: 'ok' });\n",
    "src/app/api/auth/[...nextauth]/route.ts": "export const GET = () => null;\n",
    "src/app/api/auth/can-create-first-admin/route.ts": "export const GET = () => null;\n",
    "src/app/api/auth/verify-invitation/route.ts": "export const GET = () => null;\n",
    "src/app/api/users/route.ts": "export const GET = () => null;\n",
    "src/app/api/warranty-claims/route.ts": "export { list as GET } from './list';\n",
    "src/app/warranty-claims/page.tsx": "export default function Page() { return null; }\n",
    "src/app/internal-transfer/page.tsx": "export default function Page() { return null; }\n",
    "src/app/reports/page.tsx": "export default function Page() { return null; }\n",
    "src/app/settings/admin/page.tsx": "export default function Page() { return null; }\n",
    "src/app/users/invite/page.tsx": "export default function Page() { return null; }\n",
    "src/app/auth/signin/page.tsx": "export default function Page() { return null; }\n",
    "src/lib/storage.ts": "export const provider = process.env.STORAGE_PROVIDER;\n",
    ".env.example": "AUTH_SECRET=\n",
    "docs/defect-resolution-process.md": "# Process\n" * 400,
    "docs/fix-pr-template.md": "# Template\n",
    "architecture/DEPLOYMENT_GUIDE.md": "# Guide\n" * 500,
    "architecture/DATABASE_SCHEMA.md": "# Schema\n" * 500,
    "docs/OPERATIONS.md": "# Operations\n" * 500,
    "docs/PRODUCTION_CHECKLIST.md": "# Checklist\n" * 500,
    "docs/functional/PARTPULSE_FUNCTIONAL_SPEC.md": "# Specification\n" * 4000,
    "VERCEL_ENV_UPDATE_REQUIRED.md": "# Update\n" * 50,
}


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    return root

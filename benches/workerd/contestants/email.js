// In place of `cloudflare:email`, which a workerd by itself doesn't have, and which only mail needs.

export class EmailMessage {}

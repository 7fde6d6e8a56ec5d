"""What people did beside writing: orders, carts, opportunities, benefits, surveys and visits, each person's history at once."""

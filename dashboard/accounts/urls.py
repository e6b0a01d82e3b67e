"""The addresses of teams and their people (DESIGN section 4)."""

from django.urls import path

from dashboard.accounts.views import invitations, people, sessions, settings, teams, theme

app_name = "people"
urlpatterns = [
    path("teams/new/", teams.team_new, name="new"),
    path("teams/<slug:slug>/settings/", teams.team_settings, name="team"),
    path("teams/<slug:slug>/roles/", teams.roles, name="roles"),
    path("teams/<slug:slug>/people/", people.people, name="people"),
    path("teams/<slug:slug>/people/<int:user_id>/role/", people.role, name="role"),
    path("teams/<slug:slug>/invitations/<int:pk>/resend/", people.invitation_resend, name="resend"),
    path("teams/<slug:slug>/invitations/<int:pk>/cancel/", people.invitation_cancel, name="cancel"),
    path("settings/", settings.settings, name="settings"),
    path("settings/sessions/", sessions.sessions, name="sessions"),
    path("settings/sessions/end/", sessions.sessions_end, name="sessions_end"),
    path("settings/theme/", theme.theme, name="theme"),
    path("invitations/<str:token>/", invitations.invitation, name="invitation"),
]

import '@/i18n/photo'
